-- The statements of the safety side, beside those that its nouns have.

-- name: unit
-- Whom a hazard's task goes to, and in which sector.
-- $1 county bigint
-- $2 id     bigint
SELECT organisation, kind FROM units WHERE county = $1 AND id = $2;
