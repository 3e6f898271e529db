-- Batches: src/intake/batch.h.
-- spread: county
CREATE TABLE batches (
	county BIGINT NOT NULL,
	id BIGINT NOT NULL,
	area BIGINT NOT NULL,
	version BIGINT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	feed BIGINT,
	sender_id TEXT,
	rows_in BIGINT,
	accepted BIGINT,
	refused BIGINT,
	duplicate BIGINT,
	linked BIGINT,
	maybe BIGINT,
	findings BIGINT,
	incomplete BIGINT,
	late_s BIGINT,
	digest TEXT,
	root TEXT,
	why TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX batches_id ON batches (id);
CREATE INDEX batches_area ON batches (county, area, id);
CREATE INDEX batches_state ON batches (county, state, id);
CREATE INDEX batches_feed ON batches (county, feed, id);

-- Which batches are stored: one of a feed and a sender's number. `key` names it in vault and trail,
-- and is the same when the batch comes again after it was recalled.
-- spread: county
CREATE TABLE batch_key (
	county    BIGINT NOT NULL,
	feed      BIGINT NOT NULL,
	sender_id TEXT NOT NULL,
	key       BIGINT NOT NULL,
	batch     BIGINT NOT NULL,
	digest    TEXT NOT NULL,
	PRIMARY KEY (county, feed, sender_id)
);
-- across: the vault knows a batch by its key alone
CREATE INDEX batch_key_key ON batch_key (key);

-- Batches that were recalled, and the vault has yet to forget.
-- spread: county
CREATE TABLE batch_gone (
	county BIGINT NOT NULL,
	key    BIGINT NOT NULL,
	PRIMARY KEY (county, key)
);

-- What was refused: where and why, and nothing of what the row said.
-- spread: county
CREATE TABLE batch_refused (
	county BIGINT NOT NULL,
	batch  BIGINT NOT NULL,
	row_at BIGINT NOT NULL,
	line   BIGINT NOT NULL,
	field  TEXT NOT NULL,
	zh     TEXT NOT NULL,
	en     TEXT NOT NULL,
	PRIMARY KEY (county, batch, row_at)
);

-- What was noticed in rows that were accepted.
-- spread: county
CREATE TABLE batch_finding (
	county BIGINT NOT NULL,
	batch  BIGINT NOT NULL,
	at     BIGINT NOT NULL,
	row_at BIGINT NOT NULL,
	kind   TEXT NOT NULL,
	zh     TEXT NOT NULL,
	en     TEXT NOT NULL,
	PRIMARY KEY (county, batch, at)
);

-- The bytes of a batch that waits for a person's decision, sealed.
-- spread: county
CREATE TABLE batch_held (
	county BIGINT NOT NULL,
	batch  BIGINT NOT NULL,
	sealed BYTEA NOT NULL,
	PRIMARY KEY (county, batch)
);

-- Rows that are stored, by whose batch; digests find the rows that repeat another.
-- spread: county
CREATE TABLE batch_row (
	county   BIGINT NOT NULL,
	batch    BIGINT NOT NULL,
	row_at   BIGINT NOT NULL,
	digest   BIGINT NOT NULL,
	home     BIGINT NOT NULL,
	id       BIGINT NOT NULL,
	subject  BIGINT NOT NULL,
	repeats  BIGINT NOT NULL,
	PRIMARY KEY (county, batch, row_at)
) /* sqlite: WITHOUT ROWID */;
CREATE INDEX batch_row_digest ON batch_row (county, digest, id);
CREATE INDEX batch_row_subject ON batch_row (county, subject);
CREATE INDEX batch_row_repeats ON batch_row (county, repeats);
