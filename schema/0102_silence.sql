-- What became of a feed's silence, and since when its next one is counted, if not since it spoke.
ALTER TABLE feed_seen ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feed_seen ADD COLUMN counts_from BIGINT NOT NULL DEFAULT 0;
