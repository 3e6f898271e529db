-- Pushed close contacts: src/intake/contact_push.h.
-- spread: county
CREATE TABLE contact_pushes (
	county BIGINT NOT NULL,
	id BIGINT NOT NULL,
	area BIGINT NOT NULL,
	version BIGINT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	feed BIGINT,
	batch BIGINT,
	row_at BIGINT,
	repeats BIGINT,
	subject BIGINT,
	from_source_id TEXT,
	to_source_id TEXT,
	relation TEXT,
	exposure TEXT,
	sex TEXT,
	age BIGINT,
	age_to BIGINT,
	met_on BIGINT,
	last_met_on BIGINT,
	pushed_on BIGINT,
	pushed_by TEXT,
	place TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX contact_pushes_id ON contact_pushes (id);
CREATE INDEX contact_pushes_area ON contact_pushes (county, area, id);
CREATE INDEX contact_pushes_state ON contact_pushes (county, state, id);
CREATE INDEX contact_pushes_feed ON contact_pushes (county, feed, id);
CREATE INDEX contact_pushes_batch ON contact_pushes (county, batch, id);
CREATE INDEX contact_pushes_from_source_id ON contact_pushes (county, from_source_id, id);
