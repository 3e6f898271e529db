-- Something noticed, from forming to feedback: src/loop/signal.h.
-- spread: county
CREATE TABLE signals (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL,
	created_by  BIGINT NOT NULL,
	title       TEXT NOT NULL,
	detail      TEXT,
	source      TEXT NOT NULL,
	sector      TEXT NOT NULL,
	about       TEXT,
	sender      BIGINT,
	receiver    BIGINT,
	task        BIGINT,
	passed_at   BIGINT,
	answer      TEXT,
	answered_at BIGINT,
	settled_at  BIGINT,
	fed_back_at BIGINT,
	reason      TEXT,
	result      TEXT,
	feedback    TEXT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX signals_id ON signals (id);
CREATE INDEX signals_area ON signals (county, area, id);
CREATE INDEX signals_state ON signals (county, state, id);
CREATE INDEX signals_source ON signals (county, source, id);
CREATE INDEX signals_sender ON signals (county, sender, id);
CREATE INDEX signals_receiver ON signals (county, receiver, id);

-- The tasks of a signal, wherever they are.
-- across: a meeting's decision is for many counties
CREATE INDEX tasks_signal ON tasks (signal, area, id) WHERE signal IS NOT NULL;

-- What was sent to whom, and what they said to that: src/loop/push.h. `took` is seconds, `month`
-- 202107 of when it was sent.
-- spread: county
CREATE TABLE pushes (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	version     BIGINT NOT NULL,
	state       TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL,
	created_by  BIGINT NOT NULL,
	task        BIGINT,
	signal      BIGINT,
	way         TEXT,
	sender      BIGINT,
	receiver    BIGINT,
	answered_at BIGINT,
	took        BIGINT,
	month       BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX pushes_id ON pushes (id);
CREATE INDEX pushes_area ON pushes (county, area, id);
CREATE INDEX pushes_state ON pushes (county, state, id);
CREATE INDEX pushes_sender ON pushes (county, sender, id);
CREATE INDEX pushes_receiver ON pushes (county, receiver, id);
CREATE INDEX pushes_task ON pushes (county, task, id);
-- How right and how fast: of a month and all below an area, answered by the index alone.
-- across: a city has many counties
CREATE INDEX pushes_sent ON pushes (month, area, sender, state, took, created_at);
-- across: a city has many counties
CREATE INDEX pushes_got ON pushes (month, area, receiver, state, took, created_at);
