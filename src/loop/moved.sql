-- What a change of the grid touches: src/loop/moved.h.

-- name: of_officer
-- Duties in force that an officer holds or stands in for, with who could answer.
-- across: an officer's duties may lie in many counties
-- $1 officer bigint
SELECT d.area, d.sector, d.party, o.id, o.state, o.organisation, og.state,
	s.id, s.state, s.organisation, sg.state
FROM duties d
JOIN officers o ON o.id = d.officer
LEFT JOIN organisations og ON og.id = o.organisation
LEFT JOIN officers s ON s.id = o.substitute
LEFT JOIN organisations sg ON sg.id = s.organisation
WHERE d.officer = $1 AND d.state = 'active'
UNION ALL
SELECT d.area, d.sector, d.party, o.id, o.state, o.organisation, og.state,
	s.id, s.state, s.organisation, sg.state
FROM officers o
JOIN duties d ON d.officer = o.id
LEFT JOIN organisations og ON og.id = o.organisation
LEFT JOIN officers s ON s.id = o.substitute
LEFT JOIN organisations sg ON sg.id = s.organisation
WHERE o.substitute = $1 AND d.state = 'active';

-- name: of_organisation
-- The same of all officers of an organisation.
-- across: an organisation's officers may have duties in many counties
-- $1 organisation bigint
SELECT d.area, d.sector, d.party, o.id, o.state, o.organisation, og.state,
	s.id, s.state, s.organisation, sg.state
FROM officers o
JOIN duties d ON d.officer = o.id
LEFT JOIN organisations og ON og.id = o.organisation
LEFT JOIN officers s ON s.id = o.substitute
LEFT JOIN organisations sg ON sg.id = s.organisation
WHERE o.organisation = $1 AND d.state = 'active'
UNION ALL
SELECT d.area, d.sector, d.party, o.id, o.state, o.organisation, og.state,
	s.id, s.state, s.organisation, sg.state
FROM officers s
JOIN officers o ON o.substitute = s.id
JOIN duties d ON d.officer = o.id
LEFT JOIN organisations og ON og.id = o.organisation
LEFT JOIN organisations sg ON sg.id = s.organisation
WHERE s.organisation = $1 AND d.state = 'active';

-- name: officer
-- One officer and who stands in: the same columns, of no duty.
-- across: an id does not say its county
-- $1 officer bigint
SELECT o.area, '', '', o.id, o.state, o.organisation, og.state,
	s.id, s.state, s.organisation, sg.state
FROM officers o
LEFT JOIN organisations og ON og.id = o.organisation
LEFT JOIN officers s ON s.id = o.substitute
LEFT JOIN organisations sg ON sg.id = s.organisation
WHERE o.id = $1;

-- name: under
-- Open tasks of a range of areas in a sector.
-- across: a duty of a city reaches over its counties
-- $1 area   bigint
-- $2 end    bigint
-- $3 sector text
SELECT id, area, sector FROM tasks
WHERE area >= $1 AND area < $2 AND sector = $3 AND state <> 'closed';

-- name: under_any
-- Open tasks of a range of areas.
-- across: a city may be merged
-- $1 area bigint
-- $2 end  bigint
SELECT id, area, sector FROM tasks WHERE area >= $1 AND area < $2 AND state <> 'closed';

-- name: into
-- Areas that were merged into one of a range.
-- $1 area bigint
-- $2 end  bigint
SELECT DISTINCT code FROM area WHERE merged_into >= $1 AND merged_into < $2;

-- name: of_party
-- Open tasks that an organisation owns, checks, sent or was offered.
-- across: a party may have tasks in many counties
-- $1 party bigint
-- $2 first bigint
SELECT id, area, sector FROM tasks WHERE owner = $1 AND next_by > $2
UNION ALL
SELECT id, area, sector FROM tasks WHERE checker = $1
AND state IN ('open', 'accepted', 'in_progress', 'proved', 'returned')
UNION ALL
SELECT id, area, sector FROM tasks WHERE sender = $1 AND next_by > $2
UNION ALL
SELECT id, area, sector FROM tasks WHERE offered_to = $1 AND next_by > $2;
