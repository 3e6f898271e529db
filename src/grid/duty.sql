-- Who answers for what.

-- name: taken
-- Another duty in force for the same area, sector and party.
-- $1 county bigint
-- $2 area   bigint
-- $3 sector text
-- $4 party  text
-- $5 but    bigint
SELECT id FROM duties
WHERE county = $1 AND area = $2 AND sector = $3 AND party = $4 AND state = 'active' AND id <> $5
LIMIT 1;

-- name: below
-- Holders in force in the areas right below one, with their substitutes.
-- across: a city's counties are many
-- $1 parent bigint
-- $2 day    bigint
SELECT d.id, d.officer, d.area, d.sector, d.party, o.name, o.post, o.phone, g.name, s.name, s.phone
FROM area a
JOIN duties d ON d.area = a.code
JOIN officers o ON o.id = d.officer
LEFT JOIN organisations g ON g.id = o.organisation
LEFT JOIN officers s ON s.id = o.substitute
WHERE a.parent = $1 AND a.from_day <= $2 AND a.to_day > $2 AND d.state = 'active'
ORDER BY d.area, d.id;

-- name: held
-- How many places of a subtree have somebody.
-- across: a city's counties are many
-- $1 area bigint
-- $2 end  bigint
SELECT count(*) FROM (
	SELECT DISTINCT area, sector, party FROM duties
	WHERE area >= $1 AND area < $2 AND state = 'active'
) AS places;
