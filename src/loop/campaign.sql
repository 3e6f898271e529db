-- Campaigns, their things and how they stand: src/loop/campaign.h.

-- name: run
-- What the program says of a campaign that runs.
-- $1 county bigint
-- $2 id     bigint
SELECT sender, started_at, next_at, things, before_id FROM campaigns WHERE county = $1 AND id = $2;

-- name: run_put
-- The same, as it is now.
-- $1 county     bigint
-- $2 id         bigint
-- $3 sender     bigint
-- $4 started_at bigint
-- $5 next_at    bigint
-- $6 things     bigint
-- $7 before_id  bigint
UPDATE campaigns SET sender = $3, started_at = $4, next_at = $5, things = $6, before_id = $7
WHERE county = $1 AND id = $2;

-- name: successor
-- The campaign that this one handed its calendar over to.
-- $1 county bigint
-- $2 id     bigint
SELECT id, name FROM campaigns WHERE county = $1 AND before_id = $2
ORDER BY county DESC, id DESC LIMIT 1;

-- name: due
-- Campaigns that begin again, the longest due first.
-- across: the clock looks over all counties
-- $1 now   bigint
-- $2 limit bigint
SELECT county, id FROM campaigns WHERE next_at <= $1 AND next_at IS NOT NULL
ORDER BY next_at, id LIMIT $2;

-- name: areas
-- Areas of a range of codes on a day.
-- $1 after bigint
-- $2 end   bigint
-- $3 day   bigint
-- $4 limit bigint
SELECT code, name FROM area WHERE code > $1 AND code < $2 AND from_day <= $3 AND to_day > $3
ORDER BY code LIMIT $4;

-- name: listed_put
-- One thing of a file.
-- $1 county   bigint
-- $2 campaign bigint
-- $3 thing    bigint
INSERT INTO campaign_listed (county, campaign, thing) VALUES ($1, $2, $3)
ON CONFLICT (county, campaign, thing) DO NOTHING;

-- name: listed_drop
-- A new file takes the place of the old one.
-- $1 county   bigint
-- $2 campaign bigint
DELETE FROM campaign_listed WHERE county = $1 AND campaign = $2;

-- name: listed
-- The things of a file, in the order of their ids.
-- $1 county   bigint
-- $2 campaign bigint
-- $3 after    bigint
-- $4 limit    bigint
SELECT thing FROM campaign_listed WHERE county = $1 AND campaign = $2 AND thing > $3
ORDER BY thing LIMIT $4;

-- name: had
-- What the campaign's tasks are about; those that were struck do not count.
-- across: a campaign reaches over many counties
-- $1 campaign bigint
SELECT id, area, about_id, state FROM tasks
WHERE campaign = $1 AND (outcome IS NULL OR outcome = 'done');

-- name: left
-- Its open tasks, in the order of their areas.
-- across: a campaign reaches over many counties
-- $1 campaign bigint
-- $2 area     bigint
-- $3 end      bigint
-- $4 after    bigint
-- $5 after_id bigint
-- $6 limit    bigint
SELECT t.id, t.area, t.title, t.owner, t.state, t.late, t.next_by, t.about, t.about_id, g.name,
	g.duty_phone
FROM tasks t LEFT JOIN organisations g ON g.id = t.owner
WHERE t.campaign = $1 AND t.area >= $2 AND t.area < $3 AND (t.area, t.id) > ($4, $5)
AND t.state <> 'closed' ORDER BY t.area, t.id LIMIT $6;

-- name: officer
-- How to reach one.
-- across: an id does not say its county
-- $1 id bigint
SELECT name, phone, post FROM officers WHERE id = $1;

-- name: count_add
-- So many more or fewer of a campaign's tasks are in each state in an area.
-- $1  county      bigint
-- $2  campaign    bigint
-- $3  area        bigint
-- $4  parent      bigint
-- $5  top         bigint
-- $6  open        bigint
-- $7  returned    bigint
-- $8  accepted    bigint
-- $9  in_progress bigint
-- $10 proved      bigint
-- $11 done        bigint
-- $12 struck      bigint
-- $13 late        bigint
INSERT INTO campaign_count (county, campaign, area, parent, top, open, returned, accepted,
	in_progress, proved, done, struck, late)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (county, campaign, area) DO UPDATE SET
	open = campaign_count.open + excluded.open,
	returned = campaign_count.returned + excluded.returned,
	accepted = campaign_count.accepted + excluded.accepted,
	in_progress = campaign_count.in_progress + excluded.in_progress,
	proved = campaign_count.proved + excluded.proved,
	done = campaign_count.done + excluded.done,
	struck = campaign_count.struck + excluded.struck,
	late = campaign_count.late + excluded.late;

-- name: count_of
-- How it stands in one area.
-- $1 county   bigint
-- $2 campaign bigint
-- $3 area     bigint
SELECT area, open, returned, accepted, in_progress, proved, done, struck, late
FROM campaign_count WHERE county = $1 AND campaign = $2 AND area = $3;

-- name: count_below
-- How it stands in the areas right below one that lies in a county, or is one.
-- $1 county   bigint
-- $2 campaign bigint
-- $3 parent   bigint
SELECT area, open, returned, accepted, in_progress, proved, done, struck, late
FROM campaign_count WHERE county = $1 AND campaign = $2 AND parent = $3 AND area <> $3
ORDER BY area;

-- name: count_counties
-- How it stands in each county of a range.
-- across: a campaign of a city reaches over its counties
-- $1 campaign bigint
-- $2 area     bigint
-- $3 end      bigint
SELECT area, open, returned, accepted, in_progress, proved, done, struck, late
FROM campaign_count WHERE campaign = $1 AND top = 1 AND area >= $2 AND area < $3 ORDER BY area;

-- name: recount
-- The same out of the tasks themselves, for whoever holds one against the other.
-- across: a campaign reaches over many counties
-- $1 campaign bigint
SELECT area, state, outcome, late, count(*) FROM tasks WHERE campaign = $1
GROUP BY area, state, outcome, late ORDER BY area;

-- name: next
-- The next campaign by its number.
-- across: the whole house is looked at
-- $1 after bigint
SELECT id FROM campaigns WHERE id > $1 ORDER BY id LIMIT 1;

-- name: counts_of
-- How many areas a campaign is counted in.
-- across: a campaign reaches over many counties
-- $1 campaign bigint
SELECT count(*) FROM campaign_count WHERE campaign = $1 AND top IN (0, 1);
