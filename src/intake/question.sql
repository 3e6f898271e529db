-- What feeds are asked: src/intake/question.c.

-- name: put
-- Somebody asks.
-- $1 county   bigint
-- $2 id       bigint
-- $3 feed     bigint
-- $4 token    text
-- $5 case_id  bigint
-- $6 warrant  bigint
-- $7 asked_by bigint
-- $8 asked_at bigint
-- $9 due      bigint
-- $10 places  bigint
-- $11 subject bigint
INSERT INTO question (county, id, feed, token, case_id, warrant, asked_by, asked_at, due, places,
	subject, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1);

-- name: part_put
-- Its places of one day.
-- $1 county   bigint
-- $2 question bigint
-- $3 day      bigint
-- $4 sealed   bytea
INSERT INTO question_part (county, question, day, sealed) VALUES ($1, $2, $3, $4);

-- name: parts
-- Its places, day by day.
-- $1 county   bigint
-- $2 question bigint
SELECT day, sealed FROM question_part WHERE county = $1 AND question = $2 ORDER BY day;

-- name: waiting
-- Was this feed asked for this case, may still answer, and has said nothing yet that came in?
-- $1 county  bigint
-- $2 feed    bigint
-- $3 case_id bigint
-- $4 now     bigint
SELECT q.id FROM question q
WHERE q.county = $1 AND q.feed = $2 AND q.case_id = $3 AND q.due > $4 AND NOT EXISTS (
	SELECT 1 FROM question_batch k
	WHERE k.county = q.county AND k.question = q.id AND k.answered_at IS NOT NULL)
LIMIT 1;

-- name: of_case
-- What was asked for a case, newest first, and what came so far: when last, how many batches wait
-- for a person, how many brought rows, how many visits of theirs came in.
-- across: a case asks feeds of other counties, too
-- $1 case_id bigint
-- $2 before  bigint
-- $3 limit   bigint
SELECT q.id, q.feed, f.name, q.asked_by, q.asked_at, q.due, q.places, q.state,
	max(k.answered_at), count(k.batch) - count(k.answered_at),
	CAST(sum(CASE WHEN k.answered_at IS NOT NULL AND b.rows_in > 0 THEN 1 ELSE 0 END)
	AS BIGINT),
	CAST(sum(CASE WHEN k.answered_at IS NOT NULL THEN b.accepted END) AS BIGINT)
FROM question q JOIN feeds f ON f.county = q.county AND f.id = q.feed
LEFT JOIN question_batch k ON k.county = q.county AND k.question = q.id
LEFT JOIN batches b ON b.county = k.county AND b.id = k.batch
WHERE q.case_id = $1 AND q.id < $2
GROUP BY q.id, q.feed, f.name, q.asked_by, q.asked_at, q.due, q.places, q.state
ORDER BY q.id DESC LIMIT $3;

-- name: of_key
-- What waits for the answer of whoever holds an API key: found by when it is due (hence the plus).
-- across: a key serves feeds of several counties
-- $1 api_key text
-- $2 now     bigint
-- $3 after   bigint
SELECT q.county, q.id, q.feed, q.token, q.due, f.area, (SELECT max(k.answered_at)
	FROM question_batch k WHERE k.county = q.county AND k.question = q.id),
	q.told_at, q.case_id, q.subject
FROM question q JOIN feeds f ON f.county = q.county AND f.id = q.feed
WHERE q.due > $2 AND +q.id > $3 AND q.state = 1 AND ltrim(f.api_key, '0') = $1
	AND f.state = 'active'
ORDER BY q.id;

-- name: told
-- Its feed's key sees it for the first time.
-- $1 county bigint
-- $2 id     bigint
-- $3 now    bigint
UPDATE question SET told_at = $3 WHERE county = $1 AND id = $2 AND told_at IS NULL;

-- name: of_token
-- The one that a batch answers.
-- $1 county bigint
-- $2 feed   bigint
-- $3 token  text
SELECT id, state, due FROM question WHERE county = $1 AND feed = $2 AND token = $3;

-- name: of_batch
-- The one that a batch answered, or waits to.
-- $1 county bigint
-- $2 batch  bigint
SELECT q.id, q.due FROM question_batch k
JOIN question q ON q.county = k.county AND q.id = k.question
WHERE k.county = $1 AND k.batch = $2;

-- name: answer
-- A batch comes in for it, the last one or not.
-- $1 county bigint
-- $2 id     bigint
-- $3 state  bigint
-- $4 now    bigint
UPDATE question SET state = $3 WHERE county = $1 AND id = $2 AND state = 1 AND due > $4;

-- name: batch_put
-- That batch.
-- $1 county      bigint
-- $2 batch       bigint
-- $3 question    bigint
-- $4 answered_at bigint
INSERT INTO question_batch (county, batch, question, answered_at) VALUES ($1, $2, $3, $4);

-- name: batch_let_in
-- It has waited for a person, and comes in.
-- $1 county bigint
-- $2 batch  bigint
-- $3 now    bigint
UPDATE question_batch SET answered_at = $3 WHERE county = $1 AND batch = $2 AND EXISTS (
	SELECT 1 FROM question q WHERE q.county = question_batch.county
	AND q.id = question_batch.question AND q.due > $3);

-- name: batch_drop
-- It is gone.
-- $1 county bigint
-- $2 batch  bigint
DELETE FROM question_batch WHERE county = $1 AND batch = $2;

-- name: reopen
-- What answered it is not whole any more.
-- $1 county bigint
-- $2 id     bigint
UPDATE question SET state = 1 WHERE county = $1 AND id = $2;

-- name: waiting_of_case
-- Those of a case that may still be answered.
-- across: a case asks feeds of other counties, too
-- $1 case_id bigint
-- $2 now     bigint
SELECT county, id FROM question WHERE case_id = $1 AND due > $2 AND (state = 1 OR EXISTS (
	SELECT 1 FROM question_batch k WHERE k.county = question.county AND k.question = question.id
	AND k.answered_at IS NULL))
ORDER BY id;

-- name: end_of_case
-- Those of a case are over.
-- across: a case asks feeds of other counties, too
-- $1 case_id bigint
-- $2 now     bigint
UPDATE question SET due = $2 WHERE case_id = $1 AND due > $2;

-- name: parts_over
-- Are there places of questions that are over?
-- across: one clock looks after the whole house
-- scan: as many as are asked in a day
-- $1 now bigint
SELECT p.day FROM question_part p WHERE EXISTS (SELECT 1 FROM question q
WHERE q.county = p.county AND q.id = p.question AND q.due <= $1) LIMIT 1;

-- name: parts_forget
-- They go.
-- across: one clock looks after the whole house
-- scan: as many as are asked in a day
-- $1 now bigint
DELETE FROM question_part WHERE EXISTS (SELECT 1 FROM question q
WHERE q.county = question_part.county AND q.id = question_part.question AND q.due <= $1);
