-- Organisations: src/grid/organisation.h.
-- spread: county
CREATE TABLE organisations (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL,
	created_by  BIGINT NOT NULL,
	name        TEXT NOT NULL,
	short_name  TEXT,
	kind        TEXT NOT NULL,
	parent      BIGINT,
	credit_code TEXT,
	address     TEXT,
	duty_phone  TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX organisations_id ON organisations (id);
CREATE INDEX organisations_area ON organisations (county, area, id);
CREATE INDEX organisations_state ON organisations (county, state, id);
CREATE INDEX organisations_kind ON organisations (county, kind, id);
CREATE INDEX organisations_parent ON organisations (county, parent, id);
CREATE INDEX organisations_key ON organisations (county, area, name);
