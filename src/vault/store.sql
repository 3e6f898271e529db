-- What the vault asks its own database; nobody else's has these tables.

-- name: batch_at
-- The state of a batch.
-- $1 batch bigint
SELECT state, staged_s FROM vault_batch WHERE batch = $1;

-- name: batch_open
-- A batch is staged from now on, if it is not there.
-- $1 batch    bigint
-- $2 staged_s bigint
INSERT INTO vault_batch (batch, state, staged_s) VALUES ($1, 1, $2) ON CONFLICT (batch) DO NOTHING;

-- name: batch_keep
-- It is valid.
-- $1 batch bigint
UPDATE vault_batch SET state = 2 WHERE batch = $1;

-- name: batch_forget
-- It is gone.
-- $1 batch bigint
DELETE FROM vault_batch WHERE batch = $1;

-- name: batches_unsettle
-- After a restore nothing is kept before the core has said so.
UPDATE vault_batch SET state = 1 WHERE state = 2;

-- name: batches_staged
-- The open ones, a page.
-- $1 after bigint
-- $2 limit bigint
SELECT batch, staged_s FROM vault_batch WHERE state = 1 AND batch > $1 ORDER BY batch LIMIT $2;

-- name: batches
-- All of them, to see at the start whose keys are still needed.
-- scan: once, at the start
SELECT batch FROM vault_batch ORDER BY batch;

-- name: counts
-- How many people there are of each kind.
-- scan: asked by who looks after the vault
SELECT COUNT(*), COUNT(epoch) FROM vault_person;

-- name: open_count
-- How many batches are not settled.
SELECT COUNT(*) FROM vault_batch WHERE state = 1;

-- name: person_put
-- A row, or the same row again.
-- $1 id        bigint
-- $2 batch     bigint
-- $3 epoch     bigint
-- $4 data_key  bytea
-- $5 name      bytea
-- $6 id_number bytea
-- $7 phone     bytea
-- $8 address   bytea
-- $9 birth     bytea
-- $10 sex      bytea
-- $11 own_key  bytea
-- $12 tokens   bytea
-- $13 row      bigint
INSERT INTO vault_person (id, batch, epoch, data_key, name, id_number, phone, address, birth, sex,
	own_key, tokens, row)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, epoch = excluded.epoch,
	data_key = excluded.data_key, name = excluded.name, id_number = excluded.id_number,
	phone = excluded.phone, address = excluded.address, birth = excluded.birth,
	sex = excluded.sex, own_key = excluded.own_key, tokens = excluded.tokens,
	row = excluded.row;

-- name: person_at
-- One person, sealed.
-- $1 id bigint
SELECT p.batch, p.epoch, p.row, b.state, p.data_key, p.name, p.id_number, p.phone, p.address,
	p.birth, p.sex, p.own_key
FROM vault_person p LEFT JOIN vault_batch b ON b.batch = p.batch
WHERE p.id = $1;

-- name: tokens_at
-- The tags of one subject.
-- $1 id bigint
SELECT tokens FROM vault_person WHERE id = $1;

-- name: subjects
-- All subjects' tags, from which the index in memory is made at the start.
SELECT id, tokens FROM vault_person WHERE epoch IS NULL;

-- name: subjects_after
-- Kept and staged subjects in the order of their numbers, a page.
-- Left to choose, SQLite finds all of them by their epoch and sorts them for each page.
-- $1 after bigint
-- $2 limit bigint
SELECT id, tokens FROM vault_person INDEXED BY vault_person_subject
WHERE epoch IS NULL AND id > $1 ORDER BY id LIMIT $2;

-- name: persons_of
-- The subjects of a batch, and the pseudonyms of which it told the rest.
-- $1 batch bigint
SELECT id, epoch, tokens FROM vault_person WHERE batch = $1 ORDER BY id;

-- name: persons_before
-- Pseudonyms of epochs that are over, a page, at the change of an epoch.
-- $1 epoch bigint
-- $2 after bigint
-- $3 limit bigint
SELECT id FROM vault_person WHERE epoch < $1 AND id > $2 ORDER BY id LIMIT $3;

-- name: person_forget
-- One person is gone.
-- $1 id bigint
DELETE FROM vault_person WHERE id = $1;

-- name: presence_put
-- The pseudonyms that a part of a batch saw.
-- $1 batch  bigint
-- $2 part   bigint
-- $3 last_s bigint
-- $4 ids    bytea
INSERT INTO vault_presence (batch, part, last_s, ids) VALUES ($1, $2, $3, $4)
ON CONFLICT (batch, part) DO UPDATE SET last_s = excluded.last_s, ids = excluded.ids;

-- name: presence_next
-- The number of a batch's next part.
-- $1 batch bigint
SELECT COALESCE(MAX(part), 0) + 1 FROM vault_presence WHERE batch = $1;

-- name: presences
-- All of them: who is still referred to.
-- scan: at the start, and at the change of an epoch
SELECT batch, part, last_s, ids FROM vault_presence ORDER BY batch, part;

-- name: presences_of
-- Those of a batch.
-- $1 batch bigint
SELECT part, ids FROM vault_presence WHERE batch = $1 ORDER BY part;

-- name: presences_before
-- Those whose visits have expired.
-- $1 last_s bigint
SELECT batch, part, ids FROM vault_presence WHERE last_s < $1 ORDER BY last_s;

-- name: presence_staged
-- Whether a batch with pseudonyms is not settled.
SELECT COUNT(*) FROM vault_batch b
WHERE b.state = 1 AND EXISTS (SELECT 1 FROM vault_presence p WHERE p.batch = b.batch);

-- name: presences_forget
-- Those of a batch are gone.
-- $1 batch bigint
DELETE FROM vault_presence WHERE batch = $1;

-- name: presence_forget
-- One part is gone.
-- $1 batch bigint
-- $2 part  bigint
DELETE FROM vault_presence WHERE batch = $1 AND part = $2;

-- name: use_put
-- A grant for one use is used; no row is changed if it was before.
-- $1 kind      bigint
-- $2 id        bigint
-- $3 expires_s bigint
INSERT INTO vault_used (kind, id, expires_s) VALUES ($1, $2, $3) ON CONFLICT (kind, id) DO NOTHING;

-- name: use_sweep
-- Those that are over anyway need not be known.
-- $1 now_s bigint
-- scan: a small table
DELETE FROM vault_used WHERE expires_s < $1;
