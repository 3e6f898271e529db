-- What a batch's sender calls the places of its visits, a row for each local day, sealed under that
-- day's key beside the packs: src/trail/called.c, docs/adr/0031-question.md.
-- spread: county
CREATE TABLE visit_called (
	county BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	batch  BIGINT NOT NULL,
	sealed BYTEA NOT NULL,
	PRIMARY KEY (county, day, batch)
);
CREATE INDEX visit_called_batch ON visit_called (county, batch);
-- across: a day is asked about and forgotten for all counties of the house at once
CREATE INDEX visit_called_day ON visit_called (day, county, batch);

-- Who was at these places at these times: what a feed is asked for a case, in the feed's county.
-- src/intake/question.h. `due` is when the case's warrant ends; `told_at` is when the feed's key first
-- saw it; `subject` is whom it is told for, as person_look has them.
-- spread: county
CREATE TABLE question (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	feed        BIGINT NOT NULL,
	token       TEXT NOT NULL,
	case_id     BIGINT NOT NULL,
	subject     BIGINT NOT NULL,
	warrant     BIGINT NOT NULL,
	asked_by    BIGINT NOT NULL,
	asked_at    BIGINT NOT NULL,
	due         BIGINT NOT NULL,
	places      BIGINT NOT NULL,
	state       BIGINT NOT NULL,
	told_at     BIGINT,
	PRIMARY KEY (county, id)
);
CREATE INDEX question_token ON question (county, feed, token);
-- across: a case asks feeds of other counties, too
CREATE INDEX question_case ON question (case_id, id);
-- across: a key serves feeds of several counties
CREATE INDEX question_due ON question (due);

-- What answered it, batch by batch; `answered_at` is none of one that waits for a person.
-- spread: county
CREATE TABLE question_batch (
	county      BIGINT NOT NULL,
	batch       BIGINT NOT NULL,
	question    BIGINT NOT NULL,
	answered_at BIGINT,
	PRIMARY KEY (county, batch)
);
CREATE INDEX question_batch_of ON question_batch (county, question);

-- Its places and times, a row for each local day, sealed under that day's key; gone when it is due.
-- spread: county
CREATE TABLE question_part (
	county   BIGINT NOT NULL,
	question BIGINT NOT NULL,
	day      BIGINT NOT NULL,
	sealed   BYTEA NOT NULL,
	PRIMARY KEY (county, question, day)
);
