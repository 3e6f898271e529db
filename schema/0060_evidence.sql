-- Files that prove tasks: src/loop/evidence.h. came: as it was sent; kept: as it is shown; small: of
-- a picture. Each is a SHA-256 in hex, by which the bytes are found in the house's folder. look: 32 x
-- 32 greys of a picture.
-- spread: county
CREATE TABLE evidence (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	task        BIGINT NOT NULL,
	media       TEXT NOT NULL,
	at          BIGINT NOT NULL,
	account     BIGINT NOT NULL,
	party       BIGINT NOT NULL,
	came        TEXT NOT NULL,
	came_bytes  BIGINT NOT NULL,
	kept        TEXT NOT NULL,
	kept_bytes  BIGINT NOT NULL,
	small       TEXT,
	small_bytes BIGINT,
	width       BIGINT,
	height      BIGINT,
	look        BYTEA,
	PRIMARY KEY (county, id),
	UNIQUE (county, task, came)
);
CREATE INDEX evidence_task ON evidence (county, task, id);

-- Which files of the store a row speaks of. part: 1 came, 2 kept, 3 small.
-- spread: county
CREATE TABLE evidence_blob (
	county   BIGINT NOT NULL,
	evidence BIGINT NOT NULL,
	part     BIGINT NOT NULL,
	name     TEXT NOT NULL,
	PRIMARY KEY (county, evidence, part)
);
-- across: the store of files is the house's, whatever county they are of
CREATE INDEX evidence_blob_name ON evidence_blob (name);

-- Prints of pictures by their parts: src/exhibit/picture_print.h.
-- spread: county
CREATE TABLE evidence_print (
	county   BIGINT NOT NULL,
	key      BIGINT NOT NULL,
	evidence BIGINT NOT NULL,
	nth      BIGINT NOT NULL,
	print    BIGINT NOT NULL,
	PRIMARY KEY (county, key, evidence, nth)
);

-- A picture that looks like an earlier one of another task.
-- spread: county
CREATE TABLE evidence_alike (
	county   BIGINT NOT NULL,
	evidence BIGINT NOT NULL,
	other    BIGINT NOT NULL,
	distance BIGINT NOT NULL,
	likeness BIGINT NOT NULL,
	PRIMARY KEY (county, evidence, other)
);

-- Which files were shown with which proof, by the task's turn.
-- spread: county
CREATE TABLE evidence_proof (
	county   BIGINT NOT NULL,
	task     BIGINT NOT NULL,
	turn     BIGINT NOT NULL,
	evidence BIGINT NOT NULL,
	PRIMARY KEY (county, task, turn, evidence)
);
