-- Tasks of a party and of an account, and the clock board. A closed task has no next deadline.

-- name: mine
-- What a party has to do, the next deadline first.
-- across: a party may have tasks in many counties
-- $1 party    bigint
-- $2 after    bigint
-- $3 after_id bigint
-- $4 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE owner = $1 AND (next_by, id) > ($2, $3) AND state <> 'proved'
ORDER BY next_by, id LIMIT $4;

-- name: to_check
-- What a party has to check.
-- across: a party may have tasks in many counties
-- $1 party    bigint
-- $2 after    bigint
-- $3 after_id bigint
-- $4 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE checker = $1 AND state = 'proved' AND (next_by, id) > ($2, $3)
ORDER BY next_by, id LIMIT $4;

-- name: offered
-- What is offered to a party.
-- across: a party may have tasks in many counties
-- $1 party    bigint
-- $2 after    bigint
-- $3 after_id bigint
-- $4 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE offered_to = $1 AND (next_by, id) > ($2, $3)
ORDER BY next_by, id LIMIT $4;

-- name: sent
-- What a party has sent and is not closed.
-- across: a party may have tasks in many counties
-- $1 party    bigint
-- $2 after    bigint
-- $3 after_id bigint
-- $4 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE sender = $1 AND (next_by, id) > ($2, $3)
ORDER BY next_by, id LIMIT $4;

-- name: watched
-- What an account follows, the newest last.
-- across: what somebody follows may lie in many counties
-- $1 account  bigint
-- $2 after_id bigint
-- $3 limit    bigint
SELECT t.id, t.area, t.kind, t.title, t.state, t.stage, t.next_by, t.late, t.level, t.owner,
	t.checker, t.sender, t.offered_to, t.packed
FROM task_watch w JOIN tasks t ON t.county = w.county AND t.id = w.task
WHERE w.account = $1 AND w.task > $2 ORDER BY w.task LIMIT $3;

-- name: of_county
-- Late, or not, in a county or below it, by deadline: a page is read in its order, so the area only
-- passes over (+) and leads to no index.
-- $1 county   bigint
-- $2 late     bigint
-- $3 after    bigint
-- $4 after_id bigint
-- $5 until    bigint
-- $6 area     bigint
-- $7 end      bigint
-- $8 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE county = $1 AND late = $2 AND (next_by, id) > ($3, $4) AND next_by < $5
	AND +area >= $6 AND +area < $7
ORDER BY next_by, id LIMIT $8;

-- name: of_city
-- The same of a whole city: one range.
-- across: a city has many counties
-- $1 city     bigint
-- $2 late     bigint
-- $3 after    bigint
-- $4 after_id bigint
-- $5 until    bigint
-- $6 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE late = $2 AND city = $1 AND (next_by, id) > ($3, $4) AND next_by < $5
ORDER BY next_by, id LIMIT $6;

-- name: of_all
-- The same of a province: what lies elsewhere is passed over.
-- across: a province has many cities
-- $1 late     bigint
-- $2 after    bigint
-- $3 after_id bigint
-- $4 until    bigint
-- $5 area     bigint
-- $6 end      bigint
-- $7 limit    bigint
SELECT id, area, kind, title, state, stage, next_by, late, level, owner, checker, sender,
	offered_to, packed
FROM tasks WHERE late = $1 AND (next_by, id) > ($2, $3) AND next_by < $4
	AND area >= $5 AND area < $6
ORDER BY next_by, id LIMIT $7;

-- name: count_county
-- How many, counted up to a limit.
-- $1 county bigint
-- $2 late   bigint
-- $3 after  bigint
-- $4 until  bigint
-- $5 area   bigint
-- $6 end    bigint
-- $7 limit  bigint
SELECT count(*) FROM (SELECT 1 AS one FROM tasks WHERE county = $1 AND late = $2 AND next_by >= $3
	AND next_by < $4 AND area >= $5 AND area < $6 LIMIT $7) AS few;

-- name: count_city
-- The same of a city.
-- across: a city has many counties
-- $1 city  bigint
-- $2 late  bigint
-- $3 after bigint
-- $4 until bigint
-- $5 limit bigint
SELECT count(*) FROM (SELECT 1 AS one FROM tasks WHERE late = $2 AND city = $1 AND next_by >= $3
	AND next_by < $4 LIMIT $5) AS few;

-- name: count_all
-- The same of a province.
-- across: a province has many cities
-- $1 late  bigint
-- $2 after bigint
-- $3 until bigint
-- $4 area  bigint
-- $5 end   bigint
-- $6 limit bigint
SELECT count(*) FROM (SELECT 1 AS one FROM tasks WHERE late = $1 AND next_by >= $2
	AND next_by < $3 AND area >= $4 AND area < $5 LIMIT $6) AS few;

-- name: watch
-- Somebody follows a task from now on.
-- $1 county  bigint
-- $2 task    bigint
-- $3 account bigint
-- $4 since   bigint
INSERT INTO task_watch (county, task, account, since) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, task, account) DO NOTHING;

-- name: unwatch
-- Or does not any more.
-- $1 county  bigint
-- $2 task    bigint
-- $3 account bigint
DELETE FROM task_watch WHERE county = $1 AND task = $2 AND account = $3;

-- name: watches
-- Does this account follow it?
-- $1 county  bigint
-- $2 task    bigint
-- $3 account bigint
SELECT since FROM task_watch WHERE county = $1 AND task = $2 AND account = $3;

-- name: comment_put
-- Something is said beside a task.
-- $1 county  bigint
-- $2 id      bigint
-- $3 task    bigint
-- $4 at      bigint
-- $5 account bigint
-- $6 party   bigint
-- $7 text    text
INSERT INTO task_comment (county, id, task, at, account, party, text)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: comments
-- What was said beside a task, in order.
-- $1 county bigint
-- $2 task   bigint
-- $3 limit  bigint
SELECT at, account, party, text FROM task_comment
WHERE county = $1 AND task = $2 ORDER BY id LIMIT $3;

-- name: about
-- The tasks about one row, the newest first.
-- across: what is about one thing may lie in many counties
-- $1 about    text
-- $2 about_id bigint
-- $3 limit    bigint
SELECT t.id, t.title, t.state, t.stage, t.next_by, t.late, t.level, t.owner, o.name,
	t.area, t.outcome
FROM tasks t LEFT JOIN organisations o ON o.id = t.owner
WHERE t.about = $1 AND t.about_id = $2 ORDER BY t.id DESC LIMIT $3;
