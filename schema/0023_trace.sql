-- Answers to traces. What tells of visits lies in parts, one for each local day, sealed under that
-- day's key, and ends with it.
-- spread: county
CREATE TABLE traces (
	county       BIGINT NOT NULL,
	id           BIGINT NOT NULL,
	area         BIGINT NOT NULL,
	case_id      BIGINT NOT NULL,
	warrant      BIGINT NOT NULL,
	officer      BIGINT NOT NULL,
	created_at   BIGINT NOT NULL,
	profile      TEXT NOT NULL,
	from_s       BIGINT NOT NULL,
	to_s         BIGINT NOT NULL,
	generations  BIGINT NOT NULL,
	contacts     BIGINT NOT NULL,
	encounters   BIGINT NOT NULL,
	visits       BIGINT NOT NULL,
	horizon      BIGINT NOT NULL,
	digest       BYTEA NOT NULL,
	issued_grant BYTEA,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX traces_id ON traces (id);
CREATE INDEX traces_case ON traces (county, case_id, id);

-- spread: county
CREATE TABLE trace_part (
	county BIGINT NOT NULL,
	trace  BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	sealed BYTEA NOT NULL,
	PRIMARY KEY (county, trace, day)
);
