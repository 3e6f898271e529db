-- Names asked for in an emergency.

-- name: put
-- Somebody asks.
-- $1 county   bigint
-- $2 id       bigint
-- $3 area     bigint
-- $4 matter   text
-- $5 reason   text
-- $6 agency   text
-- $7 people   text
-- $8 asked_by bigint
-- $9 asked_at bigint
INSERT INTO break_glass (county, id, area, state, matter, reason, agency, people, asked_by,
	asked_at)
VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9);

-- name: at
-- One of them.
-- across: an id does not say its county
-- $1 id bigint
SELECT id, area, state, matter, reason, agency, people, asked_by, asked_at, answered_by,
       answered_at, used_at
  FROM break_glass WHERE id = $1;

-- name: list
-- Those of a range of areas, newest first.
-- across: areas of one caller may lie in several counties
-- scan: few are asked for, and the overseer sees all
-- $1 area_from bigint
-- $2 area_to   bigint
SELECT id, area, state, matter, reason, agency, people, asked_by, asked_at, answered_by,
       answered_at, used_at
  FROM break_glass WHERE area >= $1 AND area < $2 ORDER BY id DESC LIMIT 200;

-- name: answer
-- The second person says yes or no, once.
-- $1 county      bigint
-- $2 id          bigint
-- $3 state       bigint
-- $4 answered_by bigint
-- $5 answered_at bigint
UPDATE break_glass SET state = $3, answered_by = $4, answered_at = $5
 WHERE county = $1 AND id = $2 AND state = 1;

-- name: use
-- The names are told, once.
-- $1 county  bigint
-- $2 id      bigint
-- $3 used_at bigint
UPDATE break_glass SET state = 4, used_at = $3 WHERE county = $1 AND id = $2 AND state = 2;
