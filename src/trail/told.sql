-- Visits as rows, and the search among them, for PostgreSQL alone: told.c and ask_sql.c. SQLite
-- prepares these like all statements and is never asked; there a list stands for one value.

-- name: any
-- Is anything in the tables?
-- across: a house keeps the visits of all its counties in one set
-- scan: the first row is enough
SELECT day FROM visit_told LIMIT 1;

-- name: untold
-- Packs that are not in the tables yet.
-- across: a house keeps the visits of all its counties in one set
-- $1 first_day bigint
SELECT p.county, p.day, p.batch, p.seq FROM visit_pack AS p
WHERE p.day >= $1 AND NOT EXISTS (SELECT 1 FROM visit_told AS d
	WHERE d.county = p.county AND d.day = p.day AND d.batch = p.batch AND d.seq = p.seq)
ORDER BY p.day, p.county, p.batch, p.seq;

-- name: wrong
-- Days of which the tables say what is no more: recalled, or under another pseudonym.
-- across: a house keeps the visits of all its counties in one set
-- scan: of the packs' keys alone: one for some 10,000 visits
SELECT DISTINCT d.day FROM visit_told AS d
WHERE NOT EXISTS (SELECT 1 FROM visit_pack AS p WHERE p.county = d.county AND p.day = d.day
	AND p.batch = d.batch AND p.seq = d.seq AND p.digest = d.digest)
ORDER BY d.day;

-- name: whole
-- How many packs are in the tables, how many visits, and the newest time among them.
-- across: a house keeps the visits of all its counties in one set
-- scan: a row for some 10,000 visits
SELECT count(*), CAST(coalesce(sum(fresh), 0) AS BIGINT), max(last_s) FROM visit_told;

-- name: digest
-- What a pack is known by.
-- $1 county bigint
-- $2 day    bigint
-- $3 batch  bigint
-- $4 seq    bigint
SELECT digest FROM visit_pack WHERE county = $1 AND day = $2 AND batch = $3 AND seq = $4;

-- name: put
-- A pack is in the tables.
-- $1 county bigint
-- $2 day    bigint
-- $3 batch  bigint
-- $4 seq    bigint
-- $5 fresh  bigint
-- $6 last_s bigint
-- $7 digest bytea
INSERT INTO visit_told (county, day, batch, seq, fresh, last_s, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- name: put_places
-- Visits by place.
-- $1 places  text
-- $2 stays   text
-- $3 froms   text
-- $4 visits  text
-- $5 tos     text
-- $6 persons text
-- $7 seats   text
-- $8 day     bigint
INSERT INTO visit_by_place (place, stay, from_s, visit, to_s, person, day, seat)
SELECT r.place, r.stay, r.from_s, r.visit, r.to_s, r.person, $8, r.seat FROM
/*postgresql:unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]),
	CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[]), CAST($6 AS BIGINT[]), CAST($7 AS BYTEA[]))
	AS r(place, stay, from_s, visit, to_s, person, seat)*/
/*sqlite:(SELECT $1 AS place, $2 AS stay, $3 AS from_s, $4 AS visit, $5 AS to_s, $6 AS person,
	$7 AS seat) AS r*/
WHERE r.place > 0 ON CONFLICT DO NOTHING;

-- name: put_persons
-- The same by person.
-- $1 persons text
-- $2 froms   text
-- $3 visits  text
-- $4 tos     text
-- $5 places  text
-- $6 day     bigint
INSERT INTO visit_by_person (person, from_s, visit, to_s, place, day)
SELECT r.person, r.from_s, r.visit, r.to_s, r.place, $6 FROM
/*postgresql:unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]),
	CAST($4 AS BIGINT[]), CAST($5 AS BIGINT[])) AS r(person, from_s, visit, to_s, place)*/
/*sqlite:(SELECT $1 AS person, $2 AS from_s, $3 AS visit, $4 AS to_s, $5 AS place) AS r*/
WHERE r.person > 0 ON CONFLICT DO NOTHING;

-- name: put_kinds
-- What was said of places.
-- $1 places text
-- $2 kinds  text
-- $3 day    bigint
INSERT INTO visit_kind (place, day, kind)
SELECT r.place, $3, r.kind FROM
/*postgresql:unnest(CAST($1 AS BIGINT[]), CAST($2 AS BYTEA[])) AS r(place, kind)*/
/*sqlite:(SELECT $1 AS place, $2 AS kind) AS r*/
WHERE r.place > 0 ON CONFLICT DO NOTHING;

-- name: drop_places
-- A day is told anew.
-- across: a day is told for all counties of the house at once
-- scan: a recall, or the change of an epoch
-- $1 day bigint
DELETE FROM visit_by_place WHERE day = $1;

-- name: drop_persons
-- A day is told anew.
-- across: a day is told for all counties of the house at once
-- scan: a recall, or the change of an epoch
-- $1 day bigint
DELETE FROM visit_by_person WHERE day = $1;

-- name: drop_kinds
-- A day is told anew.
-- across: a day is told for all counties of the house at once
-- scan: a recall, or the change of an epoch
-- $1 day bigint
DELETE FROM visit_kind WHERE day = $1;

-- name: drop_told
-- A day is told anew.
-- across: a day is told for all counties of the house at once
-- scan: a recall, or the change of an epoch
-- $1 day bigint
DELETE FROM visit_told WHERE day = $1;

-- name: whereabouts
-- Statement A: where these people were. The window is cut by who asks.
-- across: people are spread by their own number
-- $1 persons text
-- $2 from_s  bigint
-- $3 to_s    bigint
SELECT x.place, x.from_s, x.to_s FROM
/*postgresql:unnest(CAST($1 AS BIGINT[])) AS w(person)*/
/*sqlite:(SELECT $1 AS person) AS w*/
JOIN visit_by_person AS x ON x.person = w.person AND x.from_s < $3 AND x.to_s > $2;

-- name: attendance
-- Statement B: who was in these places then, by class of duration. Not summed up: what counts is
-- the engine's to say.
-- across: places are spread by their own number
-- $1 places text
-- $2 froms  text
-- $3 tos    text
SELECT u.place, u.person, u.from_s, u.to_s, u.seat FROM
/*postgresql:unnest(CAST($1 AS BIGINT[]), CAST($2 AS BIGINT[]), CAST($3 AS BIGINT[]))
	AS v(place, a, b)
CROSS JOIN (VALUES (0, 900), (1, 3600), (2, 14400), (3, 43200), (4, 2678401), (5, 1099511627776))
	AS k(c, len)*/
/*sqlite:(SELECT $1 AS place, $2 AS a, $3 AS b) AS v CROSS JOIN (SELECT 0 AS c, 900 AS len) AS k*/
JOIN visit_by_place AS u ON u.place = v.place AND u.stay = k.c
	AND u.from_s > v.a - k.len AND u.from_s < v.b AND u.to_s > v.a;

-- name: kinds
-- What was said of these places.
-- across: places are spread by their own number
-- $1 places text
SELECT DISTINCT k.place, k.kind FROM
/*postgresql:unnest(CAST($1 AS BIGINT[])) AS v(place)*/
/*sqlite:(SELECT $1 AS place) AS v*/
JOIN visit_kind AS k ON k.place = v.place;
