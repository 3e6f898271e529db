-- Which department an account belongs to: two people of two departments break the glass.
ALTER TABLE accounts ADD COLUMN organisation BIGINT;

-- Names asked for in an emergency: src/look/break_glass.h. people: the numbers asked about.
-- spread: county
CREATE TABLE break_glass (
	county      BIGINT NOT NULL,
	id          BIGINT NOT NULL,
	area        BIGINT NOT NULL,
	state       BIGINT NOT NULL,
	matter      TEXT NOT NULL,
	reason      TEXT NOT NULL,
	agency      TEXT NOT NULL,
	people      TEXT NOT NULL,
	asked_by    BIGINT NOT NULL,
	asked_at    BIGINT NOT NULL,
	answered_by BIGINT,
	answered_at BIGINT,
	used_at     BIGINT,
	PRIMARY KEY (county, id)
);
-- across: an id does not say its county
CREATE INDEX break_glass_id ON break_glass (id);
CREATE INDEX break_glass_area ON break_glass (county, area, id);
