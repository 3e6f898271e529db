-- Tasks: src/loop/task.h. `packed` is the engine's own task, from which other columns follow.
-- spread: county
CREATE TABLE tasks (
	county     BIGINT NOT NULL,
	id         BIGINT NOT NULL,
	area       BIGINT NOT NULL,
	version    BIGINT NOT NULL,
	state      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	created_by BIGINT NOT NULL,
	kind       TEXT NOT NULL,
	sector     TEXT,
	rule       TEXT,
	title      TEXT NOT NULL,
	detail     TEXT,
	about      TEXT,
	about_id   BIGINT,
	campaign   BIGINT,
	signal     BIGINT,
	owner      BIGINT,
	checker    BIGINT,
	sender     BIGINT,
	offered_to BIGINT,
	doer       BIGINT,
	outcome    TEXT,
	needs      BIGINT,
	level      BIGINT,
	late       BIGINT NOT NULL,
	stage      TEXT,
	next_by    BIGINT,
	due        BIGINT,
	accept_by  BIGINT,
	done_by    BIGINT,
	closed_at  BIGINT,
	city       BIGINT,
	packed     BYTEA,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX tasks_id ON tasks (id);
CREATE INDEX tasks_area ON tasks (county, area, id);
CREATE INDEX tasks_state ON tasks (county, state, id);
CREATE INDEX tasks_kind ON tasks (county, kind, id);
CREATE INDEX tasks_owner ON tasks (county, owner, id);
-- across: the clock looks over all counties
CREATE INDEX tasks_due ON tasks (due, id);
-- Who has what to do, the next deadline first; closed tasks have none.
-- across: a party may have tasks in many counties
CREATE INDEX tasks_mine ON tasks (owner, next_by, id);
-- across: a party may have tasks in many counties
CREATE INDEX tasks_check ON tasks (checker, state, next_by, id);
-- across: a party may have tasks in many counties
CREATE INDEX tasks_offered ON tasks (offered_to, next_by, id);
-- across: a party may have tasks in many counties
CREATE INDEX tasks_sent ON tasks (sender, next_by, id);
-- The clock board: of a county, of a city, of a province, and of what lies below a county.
CREATE INDEX tasks_board_county ON tasks (county, late, next_by, id);
-- across: a city has many counties
CREATE INDEX tasks_board_city ON tasks (late, city, next_by, id);
-- across: a province has many cities
CREATE INDEX tasks_board ON tasks (late, next_by, id);
-- across: what is about one thing may lie in many counties
CREATE INDEX tasks_about ON tasks (about_id, about);
-- across: a campaign reaches over many counties
CREATE INDEX tasks_campaign ON tasks (campaign, area);

-- The whole story of a task: a row a step.
-- spread: county
CREATE TABLE task_history (
	county  BIGINT NOT NULL,
	task    BIGINT NOT NULL,
	version BIGINT NOT NULL,
	n       BIGINT NOT NULL,
	turn    BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	event   TEXT NOT NULL,
	actor   BIGINT NOT NULL,
	party   BIGINT NOT NULL,
	owner   BIGINT NOT NULL,
	to_whom BIGINT,
	stage   TEXT,
	level   BIGINT NOT NULL,
	done_by BIGINT NOT NULL,
	key     BIGINT,
	reason  TEXT,
	text    TEXT,
	PRIMARY KEY (county, task, version, n)
);

-- What somebody is owed to be told: a row a notice, never the same key twice. Who delivers it keeps
-- how far that went in tables of its own.
-- spread: county
CREATE TABLE task_notice (
	county  BIGINT NOT NULL,
	id      BIGINT NOT NULL,
	task    BIGINT NOT NULL,
	key     BIGINT NOT NULL,
	party   BIGINT NOT NULL,
	account BIGINT,
	say     TEXT NOT NULL,
	stage   TEXT,
	level   BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	urgent  BIGINT NOT NULL,
	PRIMARY KEY (county, id),
	UNIQUE (county, task, key)
);
-- across: what is new is delivered for all counties
CREATE INDEX task_notice_id ON task_notice (id);
