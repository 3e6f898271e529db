-- Who answers for a piece of ground: src/loop/duty_of.h.

-- name: merged
-- Of some areas those that were merged, and into what.
-- $1 a bigint
-- $2 b bigint
-- $3 c bigint
-- $4 d bigint
-- $5 e bigint
-- $6 g bigint
SELECT code, merged_into FROM area
WHERE code IN ($1, $2, $3, $4, $5, $6) AND merged_into <> 0 ORDER BY code, to_day;

-- name: way
-- Who answers for each party of some areas in a sector: the holder's organisation, or the
-- stand-in's, or 0.
-- across: the way up leads out of a county
-- $1 sector text
-- $2 a bigint
-- $3 b bigint
-- $4 c bigint
-- $5 d bigint
-- $6 e bigint
-- $7 g bigint
-- $8 h bigint
-- $9 i bigint
SELECT d.area, d.party,
	CASE WHEN o.state = 'active' AND og.state = 'active' THEN og.id
	WHEN s.state = 'active' AND sg.state = 'active' THEN sg.id ELSE 0 END,
	CASE WHEN o.state = 'active' AND og.state = 'active' THEN o.id
	WHEN s.state = 'active' AND sg.state = 'active' THEN s.id ELSE 0 END
FROM duties d
JOIN officers o ON o.id = d.officer
LEFT JOIN organisations og ON og.id = o.organisation
LEFT JOIN officers s ON s.id = o.substitute
LEFT JOIN organisations sg ON sg.id = s.organisation
WHERE d.area IN ($2, $3, $4, $5, $6, $7, $8, $9) AND d.sector = $1 AND d.state = 'active'
ORDER BY d.area, d.id;

-- name: organisation
-- Whether an organisation is active (1 or 0), and which is above it (0: none).
-- across: an id does not say its county
-- $1 id bigint
SELECT CASE WHEN state = 'active' THEN 1 ELSE 0 END, CASE WHEN parent IS NULL THEN 0 ELSE parent END
FROM organisations WHERE id = $1;
