-- Units under supervision: src/safety/unit.h.
-- spread: county
CREATE TABLE units (
	county       BIGINT NOT NULL,
	id           BIGINT NOT NULL,
	area         BIGINT NOT NULL,
	version      BIGINT NOT NULL,
	state        TEXT NOT NULL,
	created_at   BIGINT NOT NULL,
	updated_at   BIGINT NOT NULL,
	created_by   BIGINT NOT NULL,
	name         TEXT NOT NULL,
	kind         TEXT NOT NULL,
	organisation BIGINT,
	supervisor   BIGINT,
	address      TEXT,
	permit       TEXT,
	permit_until BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX units_id ON units (id);
CREATE INDEX units_area ON units (county, area, id);
CREATE INDEX units_state ON units (county, state, id);
CREATE INDEX units_kind ON units (county, kind, id);
CREATE INDEX units_organisation ON units (county, organisation, id);
CREATE INDEX units_key ON units (county, area, name);

-- What can go wrong in a unit, and where: src/safety/risk.h.
-- spread: county
CREATE TABLE risks (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	unit       BIGINT NOT NULL,
	factor     TEXT NOT NULL,
	point      TEXT NOT NULL,
	grade      TEXT NOT NULL,
	control    TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX risks_id ON risks (id);
CREATE INDEX risks_area ON risks (county, area, id);
CREATE INDEX risks_state ON risks (county, state, id);
CREATE INDEX risks_unit ON risks (county, unit, id);
CREATE INDEX risks_factor ON risks (county, factor, id);
CREATE INDEX risks_grade ON risks (county, grade, id);
CREATE INDEX risks_key ON risks (county, area, point);
