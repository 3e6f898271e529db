-- What outpost fsck asks of tasks.

-- name: tasks
-- All of them, in pages.
-- across: the whole house is looked at
-- $1 after bigint
-- $2 limit bigint
SELECT county, id FROM tasks WHERE id > $1 ORDER BY id LIMIT $2;

-- name: at_work
-- Is this organisation there, and at work?
-- across: an id does not say its county
-- $1 id bigint
SELECT id FROM organisations WHERE id = $1 AND state = 'active';

-- name: deadlines
-- When a task was to be done, after each step.
-- $1 county bigint
-- $2 task   bigint
SELECT event, done_by, reason FROM task_history WHERE county = $1 AND task = $2
ORDER BY version, n;

-- name: climbs
-- Levels that were told.
-- $1 county bigint
-- $2 task   bigint
SELECT key, stage FROM task_notice WHERE county = $1 AND task = $2 AND say = 'climb';

-- name: doubles
-- Steps that the story has twice.
-- across: the whole house is looked at
-- scan: fsck reads all of it
SELECT task FROM task_history WHERE key IS NOT NULL GROUP BY county, task, key
HAVING count(*) > 1;
