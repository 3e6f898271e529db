-- The duty roster: src/grid/watch.h.
-- spread: county
CREATE TABLE watches (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	office     BIGINT NOT NULL,
	officer    BIGINT NOT NULL,
	role       TEXT NOT NULL,
	starts_at  BIGINT NOT NULL,
	ends_at    BIGINT NOT NULL,
	note       TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX watches_id ON watches (id);
CREATE INDEX watches_area ON watches (county, area, id);
CREATE INDEX watches_state ON watches (county, state, id);
CREATE INDEX watches_office ON watches (county, office, id);
CREATE INDEX watches_starts_at ON watches (county, starts_at, id);
CREATE INDEX watches_ends_at ON watches (county, ends_at, id);
CREATE INDEX watches_key ON watches (county, area, office, officer, starts_at);
