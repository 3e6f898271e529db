-- Records that may be of one person: src/intake/likeness.h.
-- spread: county
CREATE TABLE likenesses (
	county BIGINT NOT NULL,
	id BIGINT NOT NULL,
	area BIGINT NOT NULL,
	version BIGINT NOT NULL,
	state TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	subject BIGINT,
	other BIGINT,
	brings TEXT,
	reason TEXT,
	score BIGINT,
	batch BIGINT,
	other_batch BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX likenesses_id ON likenesses (id);
CREATE INDEX likenesses_area ON likenesses (county, area, id);
CREATE INDEX likenesses_state ON likenesses (county, state, id);
CREATE INDEX likenesses_batch ON likenesses (county, batch, id);
CREATE INDEX likenesses_other_batch ON likenesses (county, other_batch, id);
CREATE INDEX likenesses_subject ON likenesses (county, subject);
CREATE INDEX likenesses_other_subject ON likenesses (county, other);
