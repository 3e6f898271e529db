-- A batch that is staged or kept. state: 1 staged, 2 kept.
-- spread: everywhere
CREATE TABLE vault_batch (
	batch    BIGINT NOT NULL PRIMARY KEY,
	state    BIGINT NOT NULL,
	staged_s BIGINT NOT NULL
);

-- Who a subject or a pseudonym is, each field sealed by itself with a key of the row's own.
-- A subject has its batch; a pseudonym has its epoch, and as batch the one that told the rest.
-- tokens: keyed tags by which those that are alike are found, 8 bytes each. row: which one of its batch.
-- spread: everywhere
CREATE TABLE vault_person (
	id        BIGINT NOT NULL PRIMARY KEY,
	batch     BIGINT NOT NULL,
	epoch     BIGINT,
	data_key  BYTEA NOT NULL,
	name      BYTEA,
	id_number BYTEA,
	phone     BYTEA,
	address   BYTEA,
	birth     BYTEA,
	sex       BYTEA,
	own_key   BYTEA,
	tokens    BYTEA,
	row       BIGINT
);
CREATE INDEX vault_person_batch ON vault_person (batch, id);
CREATE INDEX vault_person_epoch ON vault_person (epoch, id);

-- Which pseudonyms a batch saw: 8 bytes each, every one once in a part. last_s: its last instant.
-- spread: everywhere
CREATE TABLE vault_presence (
	batch  BIGINT NOT NULL,
	part   BIGINT NOT NULL,
	last_s BIGINT NOT NULL,
	ids    BYTEA NOT NULL,
	PRIMARY KEY (batch, part)
);
CREATE INDEX vault_batch_state ON vault_batch (state, batch);
CREATE INDEX vault_presence_last ON vault_presence (last_s);

-- Grants for one use that were used, until they would be over anyway.
-- spread: everywhere
CREATE TABLE vault_used (
	kind      BIGINT NOT NULL,
	id        BIGINT NOT NULL,
	expires_s BIGINT NOT NULL,
	PRIMARY KEY (kind, id)
);
