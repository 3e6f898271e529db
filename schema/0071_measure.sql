-- Measures: dated decisions about one contact, with a hard end and an appeal: src/epidemic/measure.h.
-- spread: county
CREATE TABLE measures (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL,
	created_by  BIGINT NOT NULL,
	contact     BIGINT NOT NULL,
	kind        TEXT NOT NULL,
	issuer      BIGINT NOT NULL,
	basis       TEXT NOT NULL,
	evidence    TEXT,
	since       BIGINT NOT NULL,
	until       BIGINT NOT NULL,
	explanation TEXT NOT NULL,
	appeal      TEXT,
	ended_at    BIGINT,
	ended_by    TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX measures_id ON measures (id);
CREATE INDEX measures_area ON measures (county, area, id);
CREATE INDEX measures_state ON measures (county, state, id);
CREATE INDEX measures_contact ON measures (county, contact, id);
CREATE INDEX measures_kind ON measures (county, kind, id);
CREATE INDEX measures_key ON measures (county, area, contact);
-- across: the clock looks over all counties
CREATE INDEX measures_end ON measures (state, until, id);
-- across: the clock looks over all counties
CREATE INDEX measures_appealed ON measures (ended_at, id) WHERE appeal IS NOT NULL;
