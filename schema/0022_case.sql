-- Registered cases: src/epidemic/case.h.
-- spread: county
CREATE TABLE cases (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	number     TEXT NOT NULL,
	profile    TEXT NOT NULL,
	subject    BIGINT,
	onset      BIGINT,
	positive   BIGINT,
	isolated   BIGINT,
	officer    BIGINT,
	result     TEXT,
	result_at  BIGINT,
	result_by  BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX cases_id ON cases (id);
CREATE INDEX cases_area ON cases (county, area, id);
CREATE INDEX cases_state ON cases (county, state, id);
CREATE INDEX cases_profile ON cases (county, profile, id);
CREATE INDEX cases_key ON cases (county, area, number);
-- across: the overseer looks over all counties
CREATE INDEX cases_waiting ON cases (state, created_at, id);

-- Under which pseudonym the visits of a case's person are. No answer shows it.
-- spread: county
CREATE TABLE case_person (
	county  BIGINT NOT NULL,
	case_id BIGINT NOT NULL,
	person  BIGINT NOT NULL,
	PRIMARY KEY (county, case_id)
);

-- Leave to trace, as it was minted, and how many people it has brought up: src/trail/warrant.h.
-- spread: county
CREATE TABLE case_warrant (
	county     BIGINT NOT NULL,
	case_id    BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	officer    BIGINT NOT NULL,
	issued_at  BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	people     BIGINT NOT NULL,
	spent      BIGINT NOT NULL,
	bytes      BYTEA NOT NULL,
	PRIMARY KEY (county, case_id, id),
	CHECK (spent <= people)
);
