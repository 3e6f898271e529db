-- Feeds: src/intake/feed.h.
-- spread: county
CREATE TABLE feeds (
	county BIGINT NOT NULL,
	id BIGINT NOT NULL,
	area BIGINT NOT NULL,
	version BIGINT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	name TEXT NOT NULL,
	organisation BIGINT,
	brings TEXT NOT NULL,
	api_key TEXT,
	every_min BIGINT,
	rows_day_max BIGINT,
	refused_max BIGINT,
	matching TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX feeds_id ON feeds (id);
CREATE INDEX feeds_area ON feeds (county, area, id);
CREATE INDEX feeds_state ON feeds (county, state, id);
CREATE INDEX feeds_organisation ON feeds (county, organisation, id);
CREATE INDEX feeds_brings ON feeds (county, brings, id);

-- When a feed brought something last. Apart from the feed, whose rows the ledger vouches for.
-- spread: county
CREATE TABLE feed_seen (
	county  BIGINT NOT NULL,
	feed    BIGINT NOT NULL,
	seen_at BIGINT NOT NULL,
	silent_at BIGINT NOT NULL,
	PRIMARY KEY (county, feed)
);
