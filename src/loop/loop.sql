-- Tasks and what hangs on them, beside the statements that the noun has.

-- name: put
-- A new task, whole.
-- $1  county     bigint
-- $2  id         bigint
-- $3  area       bigint
-- $4  state      text
-- $5  at         bigint
-- $6  by         bigint
-- $7  kind       text
-- $8  sector     text
-- $9  rule       text
-- $10 title      text
-- $11 detail     text
-- $12 about      text
-- $13 about_id   bigint
-- $14 campaign   bigint
-- $15 signal     bigint
-- $16 owner      bigint
-- $17 checker    bigint
-- $18 sender     bigint
-- $19 needs      bigint
-- $20 level      bigint
-- $21 late       bigint
-- $22 stage      text
-- $23 next_by    bigint
-- $24 due        bigint
-- $25 accept_by  bigint
-- $26 done_by    bigint
-- $27 city       bigint
-- $28 packed     bytea
INSERT INTO tasks (county, id, area, version, state, created_at, updated_at, created_by, kind,
	sector, rule, title, detail, about, about_id, campaign, signal, owner, checker, sender,
	needs, level, late, stage, next_by, due, accept_by, done_by, city, packed)
VALUES ($1, $2, $3, 1, $4, $5, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
	$19, $20, $21, $22, $23, $24, $25, $26, $27, $28);

-- name: store
-- A task as a step left it, if nobody else took one meanwhile.
-- $1  county     bigint
-- $2  id         bigint
-- $3  version    bigint
-- $4  state      text
-- $5  at         bigint
-- $6  owner      bigint
-- $7  checker    bigint
-- $8  sender     bigint
-- $9  offered_to bigint
-- $10 doer       bigint
-- $11 outcome    text
-- $12 level      bigint
-- $13 late       bigint
-- $14 stage      text
-- $15 next_by    bigint
-- $16 due        bigint
-- $17 accept_by  bigint
-- $18 done_by    bigint
-- $19 closed_at  bigint
-- $20 packed     bytea
UPDATE tasks SET version = $3, state = $4, updated_at = $5, owner = $6, checker = $7, sender = $8,
	offered_to = $9, doer = $10, outcome = $11, level = $12, late = $13, stage = $14,
	next_by = $15, due = $16, accept_by = $17, done_by = $18, closed_at = $19, packed = $20
WHERE county = $1 AND id = $2 AND version = $3 - 1;

-- name: inner_of
-- What the noun's own statements do not read.
-- $1 county bigint
-- $2 id     bigint
SELECT packed, about_id, campaign, signal FROM tasks WHERE county = $1 AND id = $2;

-- name: whole
-- Tasks by their ids: the columns of the noun, in its order, and what it does not read.
-- across: an id does not say its county
-- $1 i1 bigint
-- $2 i2 bigint
-- $3 i3 bigint
-- $4 i4 bigint
-- $5 i5 bigint
-- $6 i6 bigint
-- $7 i7 bigint
-- $8 i8 bigint
-- $9 i9 bigint
-- $10 i10 bigint
-- $11 i11 bigint
-- $12 i12 bigint
-- $13 i13 bigint
-- $14 i14 bigint
-- $15 i15 bigint
-- $16 i16 bigint
-- $17 i17 bigint
-- $18 i18 bigint
-- $19 i19 bigint
-- $20 i20 bigint
-- $21 i21 bigint
-- $22 i22 bigint
-- $23 i23 bigint
-- $24 i24 bigint
-- $25 i25 bigint
-- $26 i26 bigint
-- $27 i27 bigint
-- $28 i28 bigint
-- $29 i29 bigint
-- $30 i30 bigint
-- $31 i31 bigint
-- $32 i32 bigint
SELECT county, id, area, version, state, created_at, updated_at, created_by, title, kind, sector,
	rule, detail, about, owner, checker, sender, offered_to, doer, outcome, needs, level, late,
	stage, next_by, due, accept_by, done_by, closed_at, packed, about_id, campaign, signal
FROM tasks WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
	$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32);

-- name: history_put
-- A step of a task's story.
-- $1  county  bigint
-- $2  task    bigint
-- $3  version bigint
-- $4  n       bigint
-- $5  turn    bigint
-- $6  at      bigint
-- $7  event   text
-- $8  actor   bigint
-- $9  party   bigint
-- $10 owner   bigint
-- $11 to_whom bigint
-- $12 stage   text
-- $13 level   bigint
-- $14 done_by bigint
-- $15 key     bigint
-- $16 reason  text
-- $17 text    text
INSERT INTO task_history (county, task, version, n, turn, at, event, actor, party, owner, to_whom,
	stage, level, done_by, key, reason, text)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: notice_put
-- Somebody is owed a notice; of one key there is one, whoever asks again.
-- $1  county bigint
-- $2  id     bigint
-- $3  task   bigint
-- $4  key    bigint
-- $5  party  bigint
-- $6  say    text
-- $7  stage  text
-- $8  level  bigint
-- $9  at     bigint
-- $10 urgent bigint
-- $11 not_for bigint
INSERT INTO task_notice (county, id, task, key, party, say, stage, level, at, urgent, not_for)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (county, task, key) DO NOTHING;

-- name: story
-- All that happened to a task, in order.
-- $1 county bigint
-- $2 task   bigint
-- $3 limit  bigint
SELECT version, n, turn, at, event, actor, party, owner, to_whom, stage, level, done_by, reason,
	text
FROM task_history WHERE county = $1 AND task = $2 ORDER BY version, n LIMIT $3;

-- name: party_of
-- For whom an account acts.
-- across: an organisation may lie in another county than its people
-- $1 county  bigint
-- $2 account bigint
SELECT o.id, o.area FROM accounts a JOIN organisations o ON o.id = a.organisation
WHERE a.county = $1 AND a.id = $2 AND o.state = 'active';

-- name: organisation
-- One, wherever it is.
-- across: an id does not say its county
-- $1 id bigint
SELECT area, state, name FROM organisations WHERE id = $1;

-- name: due
-- Tasks to which the clock must come, the longest due first.
-- across: the clock looks over all counties
-- $1 now      bigint
-- $2 after    bigint
-- $3 after_id bigint
-- $4 limit    bigint
SELECT county, id, due FROM tasks
WHERE due <= $1 AND (due, id) > ($2, $3) ORDER BY due, id LIMIT $4;

-- name: clocked
-- Every task that the clock will come to, with the engine's own.
-- across: the clock looks over all counties
-- $1 after    bigint
-- $2 after_id bigint
-- $3 limit    bigint
SELECT county, id, due, packed FROM tasks
WHERE (due, id) > ($1, $2) ORDER BY due, id LIMIT $3;

-- name: last_notice
-- The greatest id of a notice that is owed.
-- across: ids are of the whole house
-- $1 below bigint
SELECT id FROM task_notice WHERE id < $1 ORDER BY id DESC LIMIT 1;

-- name: last_comment
-- The greatest id of a comment.
-- across: ids are of the whole house
-- $1 below bigint
SELECT id FROM task_comment WHERE id < $1 ORDER BY id DESC LIMIT 1;

-- name: last_told
-- The greatest id of a notice to a person.
-- across: ids are of the whole house
-- $1 below bigint
SELECT id FROM notice WHERE id < $1 ORDER BY id DESC LIMIT 1;

-- name: same_row
-- Is this task about the same row, and of the same kind?
-- across: an id does not say its county
-- $1 id       bigint
-- $2 about    text
-- $3 about_id bigint
-- $4 kind     text
SELECT id FROM tasks WHERE id = $1 AND about = $2 AND about_id = $3 AND kind = $4;

-- name: others_open
-- Another open task of this kind about a row.
-- across: a row does not say the county of its tasks
-- $1 about    text
-- $2 about_id bigint
-- $3 kind     text
-- $4 but      bigint
SELECT id FROM tasks WHERE about_id = $2 AND about = $1 AND kind = $3 AND id <> $4
	AND closed_at IS NULL LIMIT 1;

-- name: others_done
-- Another task of this kind about a row that was done.
-- across: a row does not say the county of its tasks
-- $1 about    text
-- $2 about_id bigint
-- $3 kind     text
-- $4 but      bigint
SELECT id FROM tasks WHERE about_id = $2 AND about = $1 AND kind = $3 AND id <> $4
	AND outcome = 'done' LIMIT 1;
