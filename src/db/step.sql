-- The list of applied steps.

-- name: applied
-- All steps that were applied, in their order.
-- scan: a few dozen rows, read once at start
SELECT step, digest FROM schema_step ORDER BY step;

-- name: record
-- Note that a step was applied.
-- $1 step   bigint
-- $2 word   text
-- $3 digest text
-- $4 done_s bigint
INSERT INTO schema_step (step, word, digest, done_s) VALUES ($1, $2, $3, $4);
