-- What all nouns share: tokens that lists are searched by, and remembered columns of files.

-- name: token_insert
-- A pair of characters of a row.
-- $1 county bigint
-- $2 noun text
-- $3 token text
-- $4 id bigint
INSERT INTO search_token (county, noun, token, id) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, noun, token, id) DO NOTHING;

-- name: token_delete
-- A pair that the row has no longer.
-- $1 county bigint
-- $2 noun text
-- $3 token text
-- $4 id bigint
DELETE FROM search_token WHERE county = $1 AND noun = $2 AND token = $3 AND id = $4;

-- name: mapping_list
-- Which field a column of that heading was for, the last time.
-- $1 county bigint
-- $2 noun text
SELECT heading, field FROM import_mapping WHERE county = $1 AND noun = $2 ORDER BY heading;

-- name: mapping_keep
-- Remember what a column of that heading was for.
-- $1 county bigint
-- $2 noun text
-- $3 heading text
-- $4 field text
INSERT INTO import_mapping (county, noun, heading, field) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, noun, heading) DO UPDATE SET field = excluded.field;
