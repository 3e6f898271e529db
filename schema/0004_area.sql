-- The administrative tree: each area once for each span of days in which it was called so.
-- spread: everywhere
CREATE TABLE area (
	code     BIGINT NOT NULL,
	from_day BIGINT NOT NULL,
	to_day   BIGINT NOT NULL,
	parent   BIGINT NOT NULL,
	merged_into BIGINT NOT NULL,
	name     TEXT NOT NULL,
	name_en  TEXT NOT NULL,
	known_as TEXT NOT NULL,
	PRIMARY KEY (code, from_day),
	CHECK (to_day > from_day)
);
CREATE INDEX area_below ON area (parent, code);

-- Every two neighbouring characters of every name an area is known by.
-- spread: everywhere
CREATE TABLE area_token (
	token TEXT NOT NULL,
	code  BIGINT NOT NULL,
	PRIMARY KEY (token, code)
);
