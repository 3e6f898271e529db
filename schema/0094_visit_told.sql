-- Visits as rows, for a house that traces by SQL: src/trail/told.h. PostgreSQL alone has any. They
-- follow from visit_pack and are made again when they are not there, so no log and no backup has
-- them; what they are and why: docs/adr/0027-sql-path.md.
-- `stay` is the class of duration: below 900, 3600, 14400, 43200, 2678401 seconds, and 5 for a
-- visit without an end. `visit` is the digest of the whole visit, `seat` that of nothing but itself.
-- spread: place
CREATE TABLE visit_by_place (
	place  BIGINT NOT NULL,
	stay   BIGINT NOT NULL,
	from_s BIGINT NOT NULL,
	visit  BIGINT NOT NULL,
	to_s   BIGINT NOT NULL,
	person BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	seat   BYTEA NOT NULL,
	PRIMARY KEY (place, stay, from_s, visit) /*postgresql:INCLUDE (to_s, person, seat)*/
);

-- spread: person
CREATE TABLE visit_by_person (
	person BIGINT NOT NULL,
	from_s BIGINT NOT NULL,
	visit  BIGINT NOT NULL,
	to_s   BIGINT NOT NULL,
	place  BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	PRIMARY KEY (person, from_s, visit) /*postgresql:INCLUDE (to_s, place)*/
);

-- What was said of a place: the least word counts.
-- spread: place
CREATE TABLE visit_kind (
	place BIGINT NOT NULL,
	day   BIGINT NOT NULL,
	kind  BYTEA NOT NULL,
	PRIMARY KEY (place, day, kind)
);

-- Which packs are in them: `fresh` visits were in none before, `last_s` is the newest time.
-- spread: county
CREATE TABLE visit_told (
	county BIGINT NOT NULL,
	day    BIGINT NOT NULL,
	batch  BIGINT NOT NULL,
	seq    BIGINT NOT NULL,
	fresh  BIGINT NOT NULL,
	last_s BIGINT NOT NULL,
	digest BYTEA NOT NULL,
	PRIMARY KEY (county, day, batch, seq)
);
/*postgresql:
ALTER TABLE visit_by_place SET UNLOGGED;
ALTER TABLE visit_by_person SET UNLOGGED;
ALTER TABLE visit_kind SET UNLOGGED;
ALTER TABLE visit_told SET UNLOGGED;
*/
