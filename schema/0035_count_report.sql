-- Daily numbers: src/intake/count_report.h.
-- spread: county
CREATE TABLE count_reports (
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
	day BIGINT NOT NULL,
	place TEXT,
	disease TEXT,
	confirmed_total BIGINT,
	recovered_total BIGINT,
	dead_total BIGINT,
	suspected BIGINT,
	in_care BIGINT,
	convalescent BIGINT,
	confirmed_new BIGINT,
	recovered_new BIGINT,
	dead_new BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX count_reports_id ON count_reports (id);
CREATE INDEX count_reports_area ON count_reports (county, area, id);
CREATE INDEX count_reports_state ON count_reports (county, state, id);
CREATE INDEX count_reports_feed ON count_reports (county, feed, id);
CREATE INDEX count_reports_batch ON count_reports (county, batch, id);
-- what stood there on the days before
CREATE INDEX count_reports_day ON count_reports (county, area, day);
