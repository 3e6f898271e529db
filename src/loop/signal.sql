-- Signals and pushes, beside the statements that the nouns have.

-- name: count
-- How the tasks of a signal stand.
-- across: a meeting's decision is for many counties
-- $1 signal bigint
SELECT count(*),
	coalesce(sum(CASE WHEN state = 'closed' AND outcome = 'cancelled' THEN 1 ELSE 0 END), 0),
	coalesce(sum(CASE WHEN state = 'closed' AND outcome = 'folded' THEN 1 ELSE 0 END), 0),
	coalesce(sum(CASE WHEN state = 'closed' AND outcome = 'done' THEN 1 ELSE 0 END), 0),
	coalesce(sum(CASE WHEN state <> 'closed' AND late = 1 THEN 1 ELSE 0 END), 0),
	coalesce(sum(CASE WHEN state = 'proved' THEN 1 ELSE 0 END), 0)
FROM tasks WHERE signal = $1;

-- name: tasks
-- The tasks of a signal, by their areas.
-- across: a meeting's decision is for many counties
-- $1 signal bigint
SELECT t.id, t.title, t.state, t.stage, t.next_by, t.late, t.level, t.owner, o.name, t.area,
	t.outcome, t.checker, t.sender, t.offered_to
FROM tasks t LEFT JOIN organisations o ON o.id = t.owner
WHERE t.signal = $1 ORDER BY t.area, t.id;

-- name: party_of_any
-- Is this party named by any of them?
-- across: a meeting's decision is for many counties
-- $1 signal bigint
-- $2 party  bigint
SELECT count(*) FROM tasks
WHERE signal = $1 AND (owner = $2 OR checker = $2 OR sender = $2 OR offered_to = $2);

-- name: heir
-- Which of them is the first one now: what that one went into, else one that is open.
-- across: a meeting's decision is for many counties
-- $1 signal bigint
-- $2 into   bigint
SELECT id, owner, state FROM tasks
WHERE signal = $1 AND (outcome IS NULL OR outcome = 'done')
ORDER BY CASE WHEN id = $2 THEN 0 WHEN state <> 'closed' THEN 1 ELSE 2 END, id LIMIT 1;

-- name: open_tasks
-- Those of a signal that are not closed.
-- across: a meeting's decision is for many counties
-- $1 signal bigint
SELECT id FROM tasks WHERE signal = $1 AND state <> 'closed' ORDER BY area, id;

-- name: tell
-- Who noticed it is owed a notice: one of a key, whoever asks again.
-- $1  county  bigint
-- $2  id      bigint
-- $3  task    bigint
-- $4  key     bigint
-- $5  party   bigint
-- $6  account bigint
-- $7  not_for bigint
-- $8  say     text
-- $9  at      bigint
INSERT INTO task_notice (county, id, task, key, party, account, not_for, say, level, at, urgent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, 0)
ON CONFLICT (county, task, key) DO NOTHING;

-- name: waiting
-- Pushes of a task that wait for an answer.
-- $1 county bigint
-- $2 task   bigint
SELECT id, receiver FROM pushes WHERE county = $1 AND task = $2 AND state = 'waiting' ORDER BY id;

-- name: every
-- All signals, in pages, for fsck.
-- across: the whole house is looked at
-- $1 after bigint
-- $2 limit bigint
SELECT id, state, reason FROM signals WHERE id > $1 ORDER BY id LIMIT $2;

-- name: every_push
-- All pushes that wait, with how their tasks stand, for fsck.
-- across: the whole house is looked at
-- scan: fsck reads all of it
SELECT p.id, p.task, p.receiver, t.state FROM pushes p
LEFT JOIN tasks t ON t.county = p.county AND t.id = p.task
WHERE p.state = 'waiting' ORDER BY p.task, p.receiver;

-- name: by_sender
-- How right and how fast what each party sent was answered: of months, in an area.
-- across: a city has many counties
-- $1  area bigint
-- $2  end  bigint
-- $3  m0   bigint
-- $4  m1   bigint
-- $5  m2   bigint
-- $6  m3   bigint
-- $7  m4   bigint
-- $8  m5   bigint
-- $9  m6   bigint
-- $10 m7   bigint
-- $11 m8   bigint
-- $12 m9   bigint
-- $13 m10  bigint
-- $14 m11  bigint
-- $15 limit bigint
-- $16 now  bigint
SELECT sender, count(*),
	sum(CASE WHEN state = 'right' THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'wrong' THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'moved' THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'withdrawn' THEN 1 ELSE 0 END),
	CAST(coalesce(sum(took), 0) AS BIGINT), CAST(coalesce(max(took), 0) AS BIGINT),
	sum(CASE WHEN took <= 900 THEN 1 ELSE 0 END), sum(CASE WHEN took <= 3600 THEN 1 ELSE 0 END),
	sum(CASE WHEN took <= 86400 THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'waiting' AND created_at < $16 - 900 THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'waiting' AND created_at < $16 - 3600 THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'waiting' AND created_at < $16 - 86400 THEN 1 ELSE 0 END),
	min(CASE WHEN state = 'waiting' THEN created_at END)
FROM pushes
WHERE month IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AND area >= $1 AND area < $2
GROUP BY sender ORDER BY count(*) DESC, sender LIMIT $15;

-- name: by_receiver
-- The same of what each party was sent.
-- across: a city has many counties
-- $1  area bigint
-- $2  end  bigint
-- $3  m0   bigint
-- $4  m1   bigint
-- $5  m2   bigint
-- $6  m3   bigint
-- $7  m4   bigint
-- $8  m5   bigint
-- $9  m6   bigint
-- $10 m7   bigint
-- $11 m8   bigint
-- $12 m9   bigint
-- $13 m10  bigint
-- $14 m11  bigint
-- $15 limit bigint
-- $16 now  bigint
SELECT receiver, count(*),
	sum(CASE WHEN state = 'right' THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'wrong' THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'moved' THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'withdrawn' THEN 1 ELSE 0 END),
	CAST(coalesce(sum(took), 0) AS BIGINT), CAST(coalesce(max(took), 0) AS BIGINT),
	sum(CASE WHEN took <= 900 THEN 1 ELSE 0 END), sum(CASE WHEN took <= 3600 THEN 1 ELSE 0 END),
	sum(CASE WHEN took <= 86400 THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'waiting' AND created_at < $16 - 900 THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'waiting' AND created_at < $16 - 3600 THEN 1 ELSE 0 END),
	sum(CASE WHEN state = 'waiting' AND created_at < $16 - 86400 THEN 1 ELSE 0 END),
	min(CASE WHEN state = 'waiting' THEN created_at END)
FROM pushes
WHERE month IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) AND area >= $1 AND area < $2
GROUP BY receiver ORDER BY count(*) DESC, receiver LIMIT $15;
