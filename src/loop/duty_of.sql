-- Who answers for a place.

-- name: answers
-- Organisations of the officers in force for an area and sector: unit, department, territory.
-- across: an area of a city or province lies in another county than what is below it
-- $1 area   bigint
-- $2 sector text
SELECT o.organisation FROM duties d
JOIN officers o ON o.id = d.officer
JOIN organisations g ON g.id = o.organisation
WHERE d.area = $1 AND d.sector = $2 AND d.state = 'active' AND o.state = 'active'
	AND g.state = 'active' AND d.party IN ('unit', 'department', 'territory')
ORDER BY CASE d.party WHEN 'unit' THEN 1 WHEN 'department' THEN 2 ELSE 3 END, d.id LIMIT 3;
