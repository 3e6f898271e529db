-- Whom a task's notices reached: src/loop/notice.h. What is to be told stands in task_notice; look_at
-- is when somebody must look at it, told whether people were found (1 yes, 2 nobody, 3 too late).
ALTER TABLE task_notice ADD COLUMN told BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task_notice ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
-- across: one clock looks after the whole house
CREATE INDEX task_notice_look ON task_notice (look_at, id);
-- across: a party that nobody answers for is shown above it, too
CREATE INDEX task_notice_told ON task_notice (told, id);

-- across: people of an organisation are kept where they live
CREATE INDEX accounts_organisation ON accounts (organisation, id);

-- One person told of one thing. duty: 0 on watch now, 1 in charge, 2 of the party. hop: 0 the party
-- itself, more for each fall-back. wants: a confirmation is waited for; answered_by: whose it was.
-- fall_at: when the fall-back must be told, NULL for never.
-- spread: county
CREATE TABLE notice (
	county       BIGINT NOT NULL,
	id           BIGINT NOT NULL,
	task         BIGINT NOT NULL,
	key          BIGINT NOT NULL,
	party        BIGINT NOT NULL,
	home         BIGINT NOT NULL,
	account      BIGINT NOT NULL,
	area         BIGINT NOT NULL,
	say          TEXT NOT NULL,
	level        BIGINT NOT NULL,
	urgent       BIGINT NOT NULL,
	duty         BIGINT NOT NULL,
	hop          BIGINT NOT NULL,
	told_at      BIGINT NOT NULL,
	unread       BIGINT NOT NULL,
	read_at      BIGINT,
	wants        BIGINT NOT NULL,
	fall_at      BIGINT,
	fell_at      BIGINT,
	confirmed_at BIGINT,
	answered_by  BIGINT,
	PRIMARY KEY (county, id),
	UNIQUE (county, task, key, account)
);
-- across: an id does not say its county
CREATE INDEX notice_id ON notice (id);
-- across: a person is told of tasks in several counties
CREATE INDEX notice_account ON notice (account, id);
-- across: as above
CREATE INDEX notice_unread ON notice (account, unread, id);
-- across: as above
CREATE INDEX notice_asked ON notice (account, wants, id);
-- across: one clock looks after the whole house
CREATE INDEX notice_fall ON notice (fall_at, id);
-- across: a city's board reaches over its counties
CREATE INDEX notice_board ON notice (wants, area, id);

-- Where and when a person wants to be told besides the console; minutes of the house's day.
-- spread: county
CREATE TABLE notice_wish (
	county     BIGINT NOT NULL,
	account    BIGINT NOT NULL,
	mail       TEXT,
	quiet_from BIGINT,
	quiet_to   BIGINT,
	PRIMARY KEY (county, account)
);

-- What a channel has still to say to a person, and the message it became part of. message: 0 none
-- yet, -1 none any more, since it was read before.
-- spread: county
CREATE TABLE notice_send (
	county  BIGINT NOT NULL,
	notice  BIGINT NOT NULL,
	channel TEXT NOT NULL,
	home    BIGINT NOT NULL,
	account BIGINT NOT NULL,
	urgent  BIGINT NOT NULL,
	due     BIGINT NOT NULL,
	message BIGINT NOT NULL,
	PRIMARY KEY (county, notice, channel)
);
-- across: a channel serves the whole house
CREATE INDEX notice_send_due ON notice_send (channel, message, due);
-- across: a person is told of tasks in several counties
CREATE INDEX notice_send_account ON notice_send (account, channel, message);
-- across: a message may tell of several counties
CREATE INDEX notice_send_message ON notice_send (message);

-- A message to one person, with all that came in its minute. next_try NULL: it is over.
-- spread: county
CREATE TABLE notice_message (
	county   BIGINT NOT NULL,
	id       BIGINT NOT NULL,
	channel  TEXT NOT NULL,
	account  BIGINT NOT NULL,
	n        BIGINT NOT NULL,
	made_at  BIGINT NOT NULL,
	tries    BIGINT NOT NULL,
	next_try BIGINT,
	state    TEXT NOT NULL,
	told_at  BIGINT,
	why      TEXT,
	PRIMARY KEY (county, id)
);
-- across: a channel serves the whole house
CREATE INDEX notice_message_next ON notice_message (channel, next_try);
CREATE INDEX notice_message_account ON notice_message (county, account, channel, made_at);
