-- Which steps of the schema were applied, when (UTC seconds), and the digest of each text.
-- spread: everywhere
CREATE TABLE schema_step (
	step   BIGINT NOT NULL PRIMARY KEY,
	word   TEXT NOT NULL,
	digest TEXT NOT NULL,
	done_s BIGINT NOT NULL
);
