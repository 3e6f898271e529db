-- Who answers for what: src/grid/duty.h.
-- spread: county
CREATE TABLE duties (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	sector     TEXT NOT NULL,
	party      TEXT NOT NULL,
	officer    BIGINT NOT NULL,
	since      BIGINT,
	basis      TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX duties_id ON duties (id);
-- across: the matrix of a city reaches over its counties
CREATE INDEX duties_place ON duties (area, sector, party);
CREATE INDEX duties_area ON duties (county, area, id);
CREATE INDEX duties_state ON duties (county, state, id);
CREATE INDEX duties_sector ON duties (county, sector, id);
CREATE INDEX duties_party ON duties (county, party, id);
CREATE INDEX duties_officer ON duties (county, officer, id);
CREATE INDEX duties_key ON duties (county, area, sector, party);
