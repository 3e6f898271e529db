-- Outlines of areas, which maps are drawn from.

-- name: put
-- The outline of an area, in the place of the one it had.
-- $1 code   bigint
-- $2 source text
-- $3 review text
-- $4 shape  text
INSERT INTO area_boundary (code, source, review, shape) VALUES ($1, $2, $3, $4)
ON CONFLICT (code) DO UPDATE SET source = $2, review = $3, shape = $4;

-- name: below
-- Outlines of the areas right below one on a day.
-- $1 parent bigint
-- $2 day    bigint
SELECT a.code, a.name, a.name_en, b.source, b.review, b.shape
FROM area a JOIN area_boundary b ON b.code = a.code
WHERE a.parent = $1 AND a.from_day <= $2 AND a.to_day > $2 ORDER BY a.code;
