-- Replies kept for a retry of the same request.

-- name: claim
-- The first with this key begins; a second one waits for it, and then changes nothing.
-- $1 county  bigint
-- $2 actor   bigint
-- $3 hash    bytea
-- $4 digest  bytea
-- $5 made_at bigint
-- $6 empty   bytea
INSERT INTO idempotency (county, actor, hash, digest, made_at, status, body, receipt)
VALUES ($1, $2, $3, $4, $5, 0, $6, '')
ON CONFLICT (county, actor, hash) DO NOTHING;

-- name: find
-- What the first was answered.
-- $1 county bigint
-- $2 actor  bigint
-- $3 hash   bytea
SELECT digest, status, body, receipt FROM idempotency
 WHERE county = $1 AND actor = $2 AND hash = $3;

-- name: keep
-- Keep the answer with the act.
-- $1 county  bigint
-- $2 actor   bigint
-- $3 hash    bytea
-- $4 status  bigint
-- $5 body    bytea
-- $6 receipt text
UPDATE idempotency SET status = $4, body = $5, receipt = $6
 WHERE county = $1 AND actor = $2 AND hash = $3;

-- name: sweep
-- Answers nobody will ask for again.
-- across: the clock ends them everywhere
-- scan: once in a while, over the writes of two days
-- $1 before bigint
DELETE FROM idempotency WHERE made_at < $1;
