-- Files that prove tasks: src/loop/evidence.c, evidence_http.c, evidence_fsck.c.

-- name: put
-- A new one.
-- $1  county      bigint
-- $2  id          bigint
-- $3  area        bigint
-- $4  task        bigint
-- $5  media       text
-- $6  at          bigint
-- $7  account     bigint
-- $8  party       bigint
-- $9  came        text
-- $10 came_bytes  bigint
-- $11 kept        text
-- $12 kept_bytes  bigint
-- $13 small       text
-- $14 small_bytes bigint
-- $15 width       bigint
-- $16 height      bigint
-- $17 look        bytea
INSERT INTO evidence (county, id, area, task, media, at, account, party, came, came_bytes, kept,
	kept_bytes, small, small_bytes, width, height, look)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: blob_put
-- A file of the store that it speaks of.
-- $1 county   bigint
-- $2 evidence bigint
-- $3 part     bigint
-- $4 name     text
INSERT INTO evidence_blob (county, evidence, part, name) VALUES ($1, $2, $3, $4);

-- name: print_put
-- A part of one of its prints.
-- $1 county   bigint
-- $2 key      bigint
-- $3 evidence bigint
-- $4 nth      bigint
-- $5 print    bigint
INSERT INTO evidence_print (county, key, evidence, nth, print) VALUES ($1, $2, $3, $4, $5);

-- name: alike_put
-- It looks like an earlier one.
-- $1 county   bigint
-- $2 evidence bigint
-- $3 other    bigint
-- $4 distance bigint
-- $5 likeness bigint
INSERT INTO evidence_alike (county, evidence, other, distance, likeness)
VALUES ($1, $2, $3, $4, $5);

-- name: proof_put
-- It was shown with this proof.
-- $1 county   bigint
-- $2 task     bigint
-- $3 turn     bigint
-- $4 evidence bigint
INSERT INTO evidence_proof (county, task, turn, evidence) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, task, turn, evidence) DO NOTHING;

-- name: of_task
-- All of a task, as they came.
-- $1 county bigint
-- $2 task   bigint
-- $3 limit  bigint
SELECT id, area, task, media, at, account, party, came, came_bytes, kept, kept_bytes, small,
	small_bytes, width, height
FROM evidence WHERE county = $1 AND task = $2 ORDER BY id LIMIT $3;

-- name: one
-- One of a task.
-- $1 county bigint
-- $2 id     bigint
-- $3 task   bigint
SELECT id, area, task, media, at, account, party, came, came_bytes, kept, kept_bytes, small,
	small_bytes, width, height
FROM evidence WHERE county = $1 AND id = $2 AND task = $3;

-- name: same
-- The one with these bytes.
-- $1 county bigint
-- $2 task   bigint
-- $3 came   text
SELECT id, area, task, media, at, account, party, came, came_bytes, kept, kept_bytes, small,
	small_bytes, width, height
FROM evidence WHERE county = $1 AND task = $2 AND came = $3;

-- name: count
-- How many a task has.
-- $1 county bigint
-- $2 task   bigint
SELECT count(*) FROM evidence WHERE county = $1 AND task = $2;

-- name: near
-- Prints that have one of these parts.
-- $1  county bigint
-- $2  key0 bigint
-- $3  key1 bigint
-- $4  key2 bigint
-- $5  key3 bigint
-- $6  key4 bigint
-- $7  key5 bigint
-- $8  key6 bigint
-- $9  key7 bigint
-- $10 key8 bigint
-- $11 key9 bigint
-- $12 key10 bigint
-- $13 key11 bigint
-- $14 key12 bigint
-- $15 key13 bigint
-- $16 key14 bigint
-- $17 key15 bigint
-- $18 key16 bigint
SELECT evidence, nth, print FROM evidence_print
WHERE county = $1 AND key IN ($2, $3, $4, $5, $6, $7, $8, $9, $10,
	$11, $12, $13, $14, $15, $16, $17, $18);

-- name: look
-- How a picture looks, and of which task it is.
-- $1 county bigint
-- $2 id     bigint
SELECT task, look FROM evidence WHERE county = $1 AND id = $2;

-- name: alikes
-- What a picture looks like, the most alike first.
-- $1 county   bigint
-- $2 evidence bigint
SELECT a.other, e.task, e.area, e.at, a.distance, a.likeness
FROM evidence_alike AS a JOIN evidence AS e ON e.county = a.county AND e.id = a.other
WHERE a.county = $1 AND a.evidence = $2 ORDER BY a.likeness DESC, a.other;

-- name: proofs
-- With which turns of its task a file was shown.
-- $1 county   bigint
-- $2 task     bigint
-- $3 evidence bigint
SELECT turn FROM evidence_proof WHERE county = $1 AND task = $2 AND evidence = $3 ORDER BY turn;

-- name: wanted
-- Does a row speak of this file of the store?
-- across: the store of files is the house's
-- $1 name text
SELECT county FROM evidence_blob WHERE name = $1 LIMIT 1;

-- name: every
-- Every one, for who looks whether all is in order.
-- across: all counties of the house
-- scan: all of it is looked at
SELECT id, area, task, media, at, account, party, came, came_bytes, kept, kept_bytes, small,
	small_bytes, width, height, county
FROM evidence ORDER BY county, id;

-- name: blobs_of
-- What the files of one are called.
-- $1 county   bigint
-- $2 evidence bigint
SELECT part, name FROM evidence_blob WHERE county = $1 AND evidence = $2 ORDER BY part;
