-- Case report cards: src/intake/notification.h.
-- spread: county
CREATE TABLE notifications (
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
	source_id TEXT,
	disease TEXT,
	classification TEXT,
	sex TEXT,
	age BIGINT,
	age_to BIGINT,
	exposed_on BIGINT,
	onset_on BIGINT,
	sampled_on BIGINT,
	reported_on BIGINT,
	hospital_on BIGINT,
	outcome_on BIGINT,
	outcome TEXT,
	hospital TEXT,
	infected_by TEXT,
	place TEXT,
	exposure TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX notifications_id ON notifications (id);
CREATE INDEX notifications_area ON notifications (county, area, id);
CREATE INDEX notifications_state ON notifications (county, state, id);
CREATE INDEX notifications_feed ON notifications (county, feed, id);
CREATE INDEX notifications_batch ON notifications (county, batch, id);
CREATE INDEX notifications_source_id ON notifications (county, source_id, id);
CREATE INDEX notifications_classification ON notifications (county, classification, id);
