-- What lists are searched by: pairs of characters and of pinyin initials, a row each. Derived: it
-- can be dropped and made again from the nouns' own tables.
-- spread: county
CREATE TABLE search_token (
	county BIGINT NOT NULL,
	noun   TEXT NOT NULL,
	token  TEXT NOT NULL,
	id     BIGINT NOT NULL,
	PRIMARY KEY (county, noun, token, id)
) /* sqlite: WITHOUT ROWID */;

-- Which field a column of an imported file was for, by its heading: remembered for a county.
-- spread: county
CREATE TABLE import_mapping (
	county  BIGINT NOT NULL,
	noun    TEXT NOT NULL,
	heading TEXT NOT NULL,
	field   TEXT NOT NULL,
	PRIMARY KEY (county, noun, heading)
);
