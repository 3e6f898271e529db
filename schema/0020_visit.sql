-- Visits: src/trail/trail.h. A row is what a batch brought of one local day, at most 16,384 visits,
-- sealed under the key of that day, which is in no database. `seq` counts the packs of a batch in a day.
-- spread: county
CREATE TABLE visit_pack (
	county BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	batch  BIGINT NOT NULL,
	seq    BIGINT NOT NULL,
	n      BIGINT NOT NULL,
	sealed BYTEA NOT NULL,
	digest BYTEA NOT NULL,
	PRIMARY KEY (county, day, batch, seq)
);
CREATE INDEX visit_pack_batch ON visit_pack (county, batch, day, seq);
-- across: a day is kept, sealed and forgotten for all counties of the house at once
CREATE INDEX visit_pack_day ON visit_pack (day, county, batch, seq, n);

-- Which segment of which day is on disk: derived from the packs, and made again if it is not there.
-- spread: county
CREATE TABLE visit_segment (
	county BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	file   TEXT NOT NULL,
	digest BIGINT NOT NULL,
	visits BIGINT NOT NULL,
	PRIMARY KEY (county, day)
);

-- Whoever writes visits holds the house's row until the transaction ends: of two batches that bring
-- the same visit at once, one is told that it is known.
-- spread: county
CREATE TABLE visit_turn (
	county BIGINT NOT NULL PRIMARY KEY,
	turn   BIGINT NOT NULL
);
