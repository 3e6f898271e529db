-- The tree of areas. Days are local day numbers; a span is [from_day, to_day).

-- name: at
-- One area as it is called on a day.
-- $1 code bigint
-- $2 day  bigint
SELECT code, from_day, to_day, merged_into, name, name_en, known_as FROM area
WHERE code = $1 AND from_day <= $2 AND to_day > $2;

-- name: below
-- The areas right below one on a day, in the order of their codes.
-- $1 parent bigint
-- $2 day    bigint
-- $3 after  bigint
-- $4 limit  bigint
SELECT code, from_day, to_day, merged_into, name, name_en, known_as FROM area
WHERE parent = $1 AND code > $3 AND from_day <= $2 AND to_day > $2 ORDER BY code LIMIT $4;

-- name: these
-- The areas of a list of codes on a day; each is fifteen digits of the text.
-- $1 codes text
-- $2 day   bigint
WITH RECURSIVE n (i) AS (
	SELECT 1 UNION ALL SELECT i + 15 FROM n WHERE i + 15 < length($1)
)
SELECT a.code, a.from_day, a.to_day, a.merged_into, a.name, a.name_en, a.known_as
FROM n JOIN area a ON a.code = CAST(substr($1, n.i, 15) AS bigint)
WHERE a.from_day <= $2 AND a.to_day > $2 ORDER BY a.code;

-- name: n_below_each
-- How many areas lie right below each of a list of codes on a day; only of those that have any.
-- $1 codes text
-- $2 day   bigint
WITH RECURSIVE n (i) AS (
	SELECT 1 UNION ALL SELECT i + 15 FROM n WHERE i + 15 < length($1)
)
SELECT a.parent, count(*)
FROM n JOIN area a ON a.parent = CAST(substr($1, n.i, 15) AS bigint)
WHERE a.from_day <= $2 AND a.to_day > $2 GROUP BY a.parent ORDER BY a.parent;

-- name: n_under
-- How many areas a subtree holds on a day, itself among them.
-- $1 code bigint
-- $2 end  bigint
-- $3 day  bigint
SELECT count(*) FROM area WHERE code >= $1 AND code < $2 AND from_day <= $3 AND to_day > $3;

-- name: known
-- Areas of a subtree on a day that are known by a name with this text in it, of the levels whose
-- codes divide by one number and, unless that is 1, not by another.
-- $1 token  text
-- $2 like   text
-- $3 code   bigint
-- $4 end    bigint
-- $5 day    bigint
-- $6 unit   bigint
-- $7 beyond bigint
-- $8 limit  bigint
SELECT a.code, a.from_day, a.to_day, a.merged_into, a.name, a.name_en, a.known_as
FROM area_token t JOIN area a ON a.code = t.code
WHERE t.token = $1 AND t.code >= $3 AND t.code < $4
AND t.code % $6 = 0 AND ($7 = 1 OR t.code % $7 <> 0)
AND a.from_day <= $5 AND a.to_day > $5 AND a.known_as LIKE $2 ESCAPE '!'
ORDER BY t.code LIMIT $8;

-- name: numbered
-- Areas of a span of codes on a day.
-- $1 code  bigint
-- $2 end   bigint
-- $3 day   bigint
-- $4 limit bigint
SELECT code, from_day, to_day, merged_into, name, name_en, known_as FROM area
WHERE code >= $1 AND code < $2 AND from_day <= $3 AND to_day > $3 ORDER BY code LIMIT $4;

-- name: history
-- Everything an area was ever called, the latest first.
-- $1 code bigint
SELECT code, from_day, to_day, merged_into, name, name_en, known_as FROM area
WHERE code = $1 ORDER BY from_day DESC;

-- name: add
-- A new span of an area.
-- $1 code     bigint
-- $2 from_day bigint
-- $3 to_day   bigint
-- $4 parent   bigint
-- $5 merged_into     bigint
-- $6 name     text
-- $7 name_en  text
-- $8 known_as text
INSERT INTO area (code, from_day, to_day, parent, merged_into, name, name_en, known_as)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: know
-- What else an area is known by.
-- $1 code     bigint
-- $2 from_day bigint
-- $3 known_as text
UPDATE area SET known_as = $3 WHERE code = $1 AND from_day = $2;

-- name: end_span
-- The span that holds a day ends with it: the area is renamed, or merged into another.
-- $1 code bigint
-- $2 day  bigint
-- $3 merged_into bigint
UPDATE area SET to_day = $2, merged_into = $3 WHERE code = $1 AND from_day < $2 AND to_day > $2;

-- name: add_tokens
-- The pairs of neighbouring characters of all names of an area.
-- $1 code     bigint
-- $2 known_as text
INSERT INTO area_token (token, code)
SELECT DISTINCT substr($2, i, 2), $1 FROM (
	WITH RECURSIVE n (i) AS (
		SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < length($2)
	) SELECT i FROM n
) AS pairs
WHERE length(substr($2, i, 2)) = 2 AND substr($2, i, 2) NOT LIKE '%|%'
ON CONFLICT DO NOTHING;
