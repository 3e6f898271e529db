-- Hazards found in units: src/safety/hazard.h.
-- spread: county
CREATE TABLE hazards (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL,
	created_by  BIGINT NOT NULL,
	title       TEXT NOT NULL,
	detail      TEXT,
	unit        BIGINT NOT NULL,
	factor      TEXT NOT NULL,
	grade       TEXT NOT NULL,
	found_by    TEXT NOT NULL,
	measure     TEXT,
	funds       TEXT,
	responsible BIGINT,
	limit_on    BIGINT,
	plan        TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX hazards_id ON hazards (id);
CREATE INDEX hazards_area ON hazards (county, area, id);
CREATE INDEX hazards_state ON hazards (county, state, id);
CREATE INDEX hazards_unit ON hazards (county, unit, id);
CREATE INDEX hazards_factor ON hazards (county, factor, id);
CREATE INDEX hazards_grade ON hazards (county, grade, id);
CREATE INDEX hazards_key ON hazards (county, area, title);
