-- Duty holders: src/grid/officer.h.
-- spread: county
CREATE TABLE officers (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	name       TEXT NOT NULL,
	post       TEXT NOT NULL,
	phone      TEXT NOT NULL,
	organisation BIGINT,
	substitute BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX officers_id ON officers (id);
CREATE INDEX officers_area ON officers (county, area, id);
CREATE INDEX officers_state ON officers (county, state, id);
CREATE INDEX officers_organisation ON officers (county, organisation, id);
CREATE INDEX officers_key ON officers (county, area, name, phone);
