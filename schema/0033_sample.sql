-- Laboratory results: src/intake/sample.h.
-- spread: county
CREATE TABLE samples (
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
	number TEXT NOT NULL,
	source_id TEXT,
	tube TEXT,
	result TEXT,
	sampled_at BIGINT,
	received_at BIGINT,
	resulted_at BIGINT,
	method TEXT,
	lab TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX samples_id ON samples (id);
CREATE INDEX samples_area ON samples (county, area, id);
CREATE INDEX samples_state ON samples (county, state, id);
CREATE INDEX samples_feed ON samples (county, feed, id);
CREATE INDEX samples_batch ON samples (county, batch, id);
CREATE INDEX samples_number ON samples (county, number, id);
CREATE INDEX samples_result ON samples (county, result, id);
