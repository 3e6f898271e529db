-- The statements of cases, warrants and traces, beside those that the noun has.

-- name: person_put
-- Under which pseudonym a case's person has visits.
-- $1 county  bigint
-- $2 case_id bigint
-- $3 person  bigint
INSERT INTO case_person (county, case_id, person) VALUES ($1, $2, $3)
ON CONFLICT (county, case_id) DO UPDATE SET person = $3;

-- name: person
-- The same, asked.
-- $1 county  bigint
-- $2 case_id bigint
SELECT person FROM case_person WHERE county = $1 AND case_id = $2;

-- name: altered
-- Somebody corrected a confirmed case.
-- $1 county  bigint
-- $2 case_id bigint
-- $3 account bigint
INSERT INTO case_altered (county, case_id, account) VALUES ($1, $2, $3)
ON CONFLICT (county, case_id, account) DO NOTHING;

-- name: altered_by
-- Who did, since it was last confirmed?
-- $1 county  bigint
-- $2 case_id bigint
SELECT account FROM case_altered WHERE county = $1 AND case_id = $2 ORDER BY account;

-- name: altered_no_more
-- It is confirmed as it is now.
-- $1 county  bigint
-- $2 case_id bigint
DELETE FROM case_altered WHERE county = $1 AND case_id = $2;

-- name: result
-- A laboratory's result, if nobody changed the case meanwhile.
-- $1 county     bigint
-- $2 id         bigint
-- $3 version    bigint
-- $4 result     text
-- $5 result_at  bigint
-- $6 result_by  bigint
UPDATE cases SET result = $4, result_at = $5, result_by = $6, updated_at = $5, version = $3 + 1
WHERE county = $1 AND id = $2 AND version = $3;

-- name: is_case
-- Is there a case of this id?
-- across: an id does not say its county
-- $1 id bigint
SELECT county FROM cases WHERE id = $1;

-- name: waiting
-- Cases that are not confirmed since long, oldest first.
-- across: the overseer looks over all counties
-- $1 before bigint
-- $2 least  bigint
-- $3 end_   bigint
SELECT id, area, created_at, created_by FROM cases
WHERE state = 'suspected' AND created_at < $1 AND area >= $2 AND area < $3
ORDER BY created_at, id LIMIT 500;

-- name: warrant_put
-- A warrant was minted.
-- $1 county     bigint
-- $2 case_id    bigint
-- $3 id         bigint
-- $4 officer    bigint
-- $5 issued_at  bigint
-- $6 expires_at bigint
-- $7 people     bigint
-- $8 bytes      bytea
INSERT INTO case_warrant (county, case_id, id, officer, issued_at, expires_at, people, spent, bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8);

-- name: warrants
-- Of a case, newest first.
-- $1 county  bigint
-- $2 case_id bigint
SELECT id, officer, issued_at, expires_at, people, spent, bytes FROM case_warrant
WHERE county = $1 AND case_id = $2 ORDER BY id DESC LIMIT 50;

-- name: warrant
-- One, as it was minted.
-- $1 county  bigint
-- $2 case_id bigint
-- $3 id      bigint
SELECT people, spent, bytes FROM case_warrant WHERE county = $1 AND case_id = $2 AND id = $3;

-- name: warrant_spend
-- So many people more, if that is not too many.
-- $1 county  bigint
-- $2 case_id bigint
-- $3 id      bigint
-- $4 n       bigint
UPDATE case_warrant SET spent = spent + $4
WHERE county = $1 AND case_id = $2 AND id = $3 AND spent + $4 <= people;

-- name: trace_put
-- An answer.
-- $1  county      bigint
-- $2  id          bigint
-- $3  area        bigint
-- $4  case_id     bigint
-- $5  warrant     bigint
-- $6  officer     bigint
-- $7  created_at  bigint
-- $8  profile     text
-- $9  from_s      bigint
-- $10 to_s        bigint
-- $11 generations bigint
-- $12 contacts    bigint
-- $13 encounters  bigint
-- $14 visits      bigint
-- $15 horizon     bigint
-- $16 digest      bytea
-- $17 grant_bytes bytea
INSERT INTO traces (county, id, area, case_id, warrant, officer, created_at, profile, from_s, to_s,
	generations, contacts, encounters, visits, horizon, digest, issued_grant)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: part_put
-- What it tells of a day.
-- $1 county bigint
-- $2 trace  bigint
-- $3 day    bigint
-- $4 sealed bytea
INSERT INTO trace_part (county, trace, day, sealed) VALUES ($1, $2, $3, $4);

-- name: trace
-- One answer.
-- across: an id does not say its county
-- $1 id bigint
SELECT county, area, case_id, warrant, officer, created_at, profile, from_s, to_s, generations,
	contacts, encounters, visits, horizon, digest, issued_grant
FROM traces WHERE id = $1;

-- name: parts
-- What it tells, day by day.
-- $1 county bigint
-- $2 trace  bigint
SELECT day, sealed FROM trace_part WHERE county = $1 AND trace = $2 ORDER BY day;

-- name: traces_of
-- The answers of a case, newest first.
-- $1 county  bigint
-- $2 case_id bigint
SELECT id, officer, created_at, profile, generations, contacts, encounters FROM traces
WHERE county = $1 AND case_id = $2 ORDER BY id DESC LIMIT 50;

-- name: persons
-- The persons of all cases.
-- across: an epoch ends for the whole house
-- scan: once in 28 days
SELECT county, case_id, person FROM case_person;

-- name: place_called
-- What people call a place, if somebody described it.
-- across: a visit does not say its place's county
-- $1 number bigint
SELECT name FROM places WHERE number = $1 AND state = 'open' ORDER BY id LIMIT 1;

-- name: near
-- Confirmed cases of an area with the pseudonym of each, newest first.
-- across: areas of one caller may lie in several counties
-- $1 area_from bigint
-- $2 area_to   bigint
-- $3 since     bigint
-- $4 limit     bigint
SELECT c.county, c.id, c.area, c.number, c.profile, c.onset, c.positive, c.isolated, c.created_at,
	p.person
FROM cases c JOIN case_person p ON p.county = c.county AND p.case_id = c.id
WHERE c.state = 'confirmed' AND c.created_at >= $3 AND c.area >= $1 AND c.area < $2
ORDER BY c.created_at DESC, c.id DESC LIMIT $4;

-- name: parts_through
-- Is there anything left of days whose keys are gone?
-- across: keys are the house's
-- $1 day bigint
SELECT county FROM trace_part WHERE day <= $1 LIMIT 1;

-- name: parts_forget
-- What was told of days whose keys are gone: bytes that nothing opens.
-- across: keys are the house's
-- $1 day bigint
DELETE FROM trace_part WHERE day <= $1;

-- name: contacts_of
-- The contacts of a case, and under which pseudonyms.
-- across: contacts of a case lie in many counties
-- $1 case_id bigint
SELECT c.id, c.state, p.person FROM contacts c
JOIN contact_person p ON p.county = c.county AND p.contact = c.id
WHERE c.of_case = $1 ORDER BY c.id;

-- name: contact_person_put
-- Under which pseudonym a contact has visits.
-- $1 county  bigint
-- $2 contact bigint
-- $3 person  bigint
INSERT INTO contact_person (county, contact, person) VALUES ($1, $2, $3)
ON CONFLICT (county, contact) DO UPDATE SET person = $3;

-- name: contact_persons
-- The persons of all contacts that are followed.
-- across: an epoch ends for the whole house
-- scan: once in 28 days
SELECT county, contact, person FROM contact_person;

-- name: place_area
-- Where a place lies, if somebody described it.
-- across: a visit does not say its place's county
-- $1 place bigint
SELECT area FROM places WHERE number = $1 ORDER BY id DESC LIMIT 1;

-- name: contact_tasks_open
-- Tasks that a trace raised about a contact, or parts of them, that are not closed.
-- across: a contact does not say the county of its tasks
-- $1 contact bigint
SELECT id FROM tasks
WHERE about = 'contact' AND about_id = $1 AND kind = 'contact' AND closed_at IS NULL
ORDER BY id;

-- name: funnel
-- How many contacts of an area are in which state, and whose.
-- across: the funnel of a city adds up its counties
-- $1 from_ bigint
-- $2 end_  bigint
SELECT state, push, COUNT(*) FROM contacts WHERE area >= $1 AND area < $2 GROUP BY state, push;

-- name: funnel_told
-- The same contacts with what had been done to the tasks about them by a moment, in its order.
-- across: the funnel of a city adds up its counties
-- $1 from_ bigint
-- $2 end_  bigint
-- $3 at    bigint
SELECT c.id, c.state, c.ended_at, h.event, h.owner, h.to_whom, h.task, h.at, h.stage
FROM contacts c
LEFT JOIN tasks t ON t.about = 'contact' AND t.about_id = c.id AND t.kind = 'contact'
LEFT JOIN task_history h ON h.county = t.county AND h.task = t.id AND h.at <= $3
WHERE c.area >= $1 AND c.area < $2 AND c.created_at <= $3
ORDER BY c.area, c.id, h.task, h.version, h.n;

-- name: contact_to_name
-- A contact that is followed, and a task that a trace raised about it or a part of one: the party's
-- own, if it has one that was neither struck nor folded.
-- across: an id does not say its county
-- $1 contact bigint
-- $2 party   bigint
SELECT c.area, p.person, t.id, CASE WHEN t.owner = $2
	AND (t.outcome IS NULL OR t.outcome = 'done') THEN 1 ELSE 0 END AS own
FROM contacts c
JOIN contact_person p ON p.county = c.county AND p.contact = c.id
JOIN tasks t ON t.about = 'contact' AND t.about_id = c.id AND t.kind = 'contact'
WHERE c.id = $1 AND c.state <> 'excluded' AND c.state <> 'released'
ORDER BY own DESC, t.id DESC LIMIT 1;

-- name: measures_of_case
-- Measures that run about contacts of a case.
-- across: contacts of a case lie in many counties
-- $1 case_id bigint
SELECT m.id FROM contacts c JOIN measures m ON m.contact = c.id
WHERE c.of_case = $1 AND (m.state = 'in_force' OR m.state = 'appealed') ORDER BY m.id;

-- name: measures_over
-- Measures whose hard end has come, the longest due first.
-- across: the clock looks over all counties
-- $1 state    text
-- $2 now      bigint
-- $3 after    bigint
-- $4 after_id bigint
-- $5 limit    bigint
SELECT id, until FROM measures
WHERE state = $1 AND until <= $2 AND (until, id) > ($3, $4) ORDER BY until, id LIMIT $5;

-- name: appeals_over
-- Appeals that wait for an answer though their measure has ended, since a while ago.
-- across: the clock looks over all counties
-- $1 after    bigint
-- $2 after_id bigint
-- $3 limit    bigint
SELECT t.id, m.ended_at, m.id FROM measures m JOIN tasks t ON t.about_id = m.id
	AND t.about = 'measure' AND t.kind = 'appeal'
WHERE m.appeal IS NOT NULL AND (m.ended_at, m.id) > ($1, $2) AND t.closed_at IS NULL
ORDER BY m.ended_at, m.id, t.id LIMIT $3;

-- name: contact_to_measure
-- What a measure about a contact is held against.
-- across: an id does not say its county
-- $1 contact bigint
SELECT degree, profile, last_at, trace FROM contacts
WHERE id = $1 AND state <> 'excluded' AND state <> 'released';
