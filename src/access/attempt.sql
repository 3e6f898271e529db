-- Failed log-ins by a keyed hash of a login name or of an address.

-- name: find
-- How often, and when last.
-- $1 hash bytea
SELECT failures, last_at FROM attempt WHERE hash = $1;

-- name: keep
-- One more.
-- $1 hash     bytea
-- $2 failures bigint
-- $3 last_at  bigint
INSERT INTO attempt (hash, failures, last_at) VALUES ($1, $2, $3)
ON CONFLICT (hash) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at;

-- name: forget
-- The right person came.
-- $1 hash bytea
DELETE FROM attempt WHERE hash = $1;

-- name: sweep
-- Those that are long past.
-- scan: once in a while, over the failures of a day
-- $1 before bigint
DELETE FROM attempt WHERE last_at < $1;
