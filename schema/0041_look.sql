-- Whose name was told to whom, when, why and which fields: a row beside each such ledger entry, so
-- that a person can be given the list. person: a subject or a pseudonym.
-- spread: county
-- insert-only
CREATE TABLE person_look (
	person  BIGINT NOT NULL,
	at_s    BIGINT NOT NULL,
	county  BIGINT NOT NULL,
	seq     BIGINT NOT NULL,
	account BIGINT NOT NULL,
	kind    TEXT NOT NULL,
	matter  TEXT NOT NULL,
	purpose TEXT NOT NULL,
	fields  BIGINT NOT NULL,
	PRIMARY KEY (county, seq)
);
-- across: a person is looked at from everywhere
CREATE INDEX person_look_person ON person_look (person, at_s);
-- across: an account looks at many people
CREATE INDEX person_look_account ON person_look (account, at_s);
