-- Who follows a task without a duty in it, and what is said beside it: src/loop/comment.c.
-- spread: county
CREATE TABLE task_watch (
	county  BIGINT NOT NULL,
	task    BIGINT NOT NULL,
	account BIGINT NOT NULL,
	since   BIGINT NOT NULL,
	PRIMARY KEY (county, task, account)
);
-- across: what somebody follows may lie in many counties
CREATE INDEX task_watch_account ON task_watch (account, task);

-- spread: county
CREATE TABLE task_comment (
	county  BIGINT NOT NULL,
	id      BIGINT NOT NULL,
	task    BIGINT NOT NULL,
	at      BIGINT NOT NULL,
	account BIGINT NOT NULL,
	party   BIGINT NOT NULL,
	text    TEXT NOT NULL,
	PRIMARY KEY (county, id)
);
CREATE INDEX task_comment_task ON task_comment (county, task, id);
