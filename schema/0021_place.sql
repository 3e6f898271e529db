-- Places that visits speak of, as far as somebody described them: src/trail/place.h.
-- spread: county
CREATE TABLE places (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	name       TEXT NOT NULL,
	kind       TEXT,
	sender     TEXT NOT NULL,
	sender_key TEXT NOT NULL,
	number     BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX places_id ON places (id);
CREATE INDEX places_area ON places (county, area, id);
CREATE INDEX places_state ON places (county, state, id);
CREATE INDEX places_kind ON places (county, kind, id);
CREATE INDEX places_key ON places (county, area, sender, sender_key);
-- across: a visit does not say its place's county
CREATE INDEX places_number ON places (number);
