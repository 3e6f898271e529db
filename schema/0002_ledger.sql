-- Where the chain of each county stands: the number, time and hash of its last entry.
-- spread: county
CREATE TABLE ledger_head (
	county BIGINT NOT NULL PRIMARY KEY,
	seq    BIGINT NOT NULL,
	at_s   BIGINT NOT NULL,
	hash   BYTEA NOT NULL
);

-- What happened. `bytes` is the entry; the other columns are there to find it by, and must agree.
-- spread: county
-- insert-only
CREATE TABLE ledger_entry (
	county    BIGINT NOT NULL,
	seq       BIGINT NOT NULL,
	at_s      BIGINT NOT NULL,
	actor     BIGINT NOT NULL,
	object    TEXT NOT NULL,
	object_id BIGINT NOT NULL,
	version   BIGINT NOT NULL,
	bytes     BYTEA NOT NULL,
	hash      BYTEA NOT NULL,
	PRIMARY KEY (county, seq)
) /*sqlite: WITHOUT ROWID */;
CREATE INDEX ledger_entry_object ON ledger_entry (county, object, object_id, seq, version);
CREATE INDEX ledger_entry_actor ON ledger_entry (county, actor, seq);

-- One row: the suite that new entries are hashed with, and the number of the last signed head.
-- spread: everywhere
CREATE TABLE ledger_pace (
	one   BIGINT NOT NULL PRIMARY KEY,
	suite BIGINT NOT NULL,
	head  BIGINT NOT NULL
);
