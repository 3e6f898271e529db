-- Outlines of areas on the ground, for maps: a GeoJSON geometry each, and who drew it.
-- spread: everywhere
CREATE TABLE area_boundary (
	code   BIGINT NOT NULL PRIMARY KEY,
	source TEXT NOT NULL,
	review TEXT NOT NULL,
	shape  TEXT NOT NULL
);
