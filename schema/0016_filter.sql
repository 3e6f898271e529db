-- What somebody narrows the list of a noun by, under names of their own: JSON, as it is sent.
-- spread: county
CREATE TABLE saved_filter (
	county  BIGINT NOT NULL,
	account BIGINT NOT NULL,
	noun    TEXT NOT NULL,
	filters TEXT NOT NULL,
	PRIMARY KEY (county, account, noun)
);
