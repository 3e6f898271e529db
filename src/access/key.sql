-- API keys.

-- name: find
-- Whose key this is.
-- $1 hash bytea
SELECT id, area, agency, capabilities, areas, ends_at FROM api_key WHERE hash = $1;

-- name: at
-- One key by its number.
-- $1 id bigint
SELECT id, area, agency, capabilities, areas, made_at, made_by, ends_at
  FROM api_key WHERE id = $1;

-- name: list
-- Keys of a range of areas, newest first.
-- scan: a deployment has tens of keys, and each server has all of them
-- $1 area_from bigint
-- $2 area_to   bigint
SELECT id, area, agency, capabilities, areas, made_at, made_by, ends_at
  FROM api_key WHERE area >= $1 AND area < $2 ORDER BY id DESC LIMIT 1000;

-- name: make
-- A new key.
-- $1 id           bigint
-- $2 hash         bytea
-- $3 area         bigint
-- $4 agency       text
-- $5 capabilities text
-- $6 areas        text
-- $7 now          bigint
-- $8 by           bigint
-- $9 ends_at      bigint
INSERT INTO api_key (id, hash, area, agency, capabilities, areas, made_at, made_by, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: withdraw
-- It opens nothing any more.
-- $1 id bigint
DELETE FROM api_key WHERE id = $1;
