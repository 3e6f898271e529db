-- Contacts of confirmed cases, as traces found them: src/epidemic/contact.h. A contact lies where
-- they were last, which may be another county than the case's.
-- spread: county
CREATE TABLE contacts (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	number     TEXT NOT NULL,
	of_case    BIGINT NOT NULL,
	degree     TEXT,
	generation BIGINT,
	rule       TEXT,
	profile    TEXT,
	first_at   BIGINT,
	last_at    BIGINT,
	overlap_s  BIGINT,
	encounters BIGINT,
	trace      TEXT,
	push       TEXT,
	party      BIGINT,
	ended_at   BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX contacts_id ON contacts (id);
CREATE INDEX contacts_area ON contacts (county, area, id);
CREATE INDEX contacts_state ON contacts (county, state, id);
-- across: contacts of a case lie in many counties
CREATE INDEX contacts_of ON contacts (of_case, id);
CREATE INDEX contacts_of_case ON contacts (county, of_case, id);
CREATE INDEX contacts_degree ON contacts (county, degree, id);
CREATE INDEX contacts_push ON contacts (county, push, id);
-- across: the funnel of a city adds up its counties
CREATE INDEX contacts_funnel ON contacts (area, state, push);
CREATE INDEX contacts_key ON contacts (county, area, number);

-- Under which pseudonym a contact's visits are. No answer shows it.
-- spread: county
CREATE TABLE contact_person (
	county  BIGINT NOT NULL,
	contact BIGINT NOT NULL,
	person  BIGINT NOT NULL,
	PRIMARY KEY (county, contact)
);
