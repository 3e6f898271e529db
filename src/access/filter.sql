-- Filters of lists that somebody keeps under names of their own.

-- name: mine
-- All that an account keeps.
-- $1 county  bigint
-- $2 account bigint
SELECT noun, filters FROM saved_filter WHERE county = $1 AND account = $2 ORDER BY noun;

-- name: put
-- What an account keeps for a noun, in the place of what it kept.
-- $1 county  bigint
-- $2 account bigint
-- $3 noun    text
-- $4 filters text
INSERT INTO saved_filter (county, account, noun, filters) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, account, noun) DO UPDATE SET filters = $4;
