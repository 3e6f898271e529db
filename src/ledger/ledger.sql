-- The statements of the ledger.

-- name: tip
-- Where a county's chain stands; nobody else can move it until this transaction ends.
-- $1 county bigint
SELECT seq, at_s, hash FROM ledger_head WHERE county = $1 /*postgresql: FOR UPDATE */;

-- name: open
-- The first entry of a county makes its row; two at once make it once.
-- $1 county bigint
-- $2 at_s   bigint
-- $3 hash   bytea
INSERT INTO ledger_head (county, seq, at_s, hash) VALUES ($1, 0, $2, $3)
ON CONFLICT (county) DO NOTHING;

-- name: move
-- The chain has one entry more.
-- $1 county bigint
-- $2 seq    bigint
-- $3 at_s   bigint
-- $4 hash   bytea
UPDATE ledger_head SET seq = $2, at_s = $3, hash = $4 WHERE county = $1;

-- name: add
-- One entry.
-- append: ledger_entry
-- $1 county    bigint
-- $2 seq       bigint
-- $3 at_s      bigint
-- $4 actor     bigint
-- $5 object    text
-- $6 object_id bigint
-- $7 version   bigint
-- $8 bytes     bytea
-- $9 hash      bytea
INSERT INTO ledger_entry (county, seq, at_s, actor, object, object_id, version, bytes, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: pace
-- The suite of new entries, and the last signed head.
SELECT suite, head FROM ledger_pace WHERE one = 1;

-- name: use_suite
-- From now on entries are hashed with another suite.
-- $1 suite bigint
INSERT INTO ledger_pace (one, suite, head) VALUES (1, $1, 0)
ON CONFLICT (one) DO UPDATE SET suite = $1;

-- name: signed_
-- A head was signed.
-- $1 suite bigint
-- $2 head  bigint
INSERT INTO ledger_pace (one, suite, head) VALUES (1, $1, $2)
ON CONFLICT (one) DO UPDATE SET head = $2;

-- name: walk
-- The entries of a county in their order, a page at a time.
-- $1 county bigint
-- $2 from   bigint
-- $3 n      bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash FROM ledger_entry
WHERE county = $1 AND seq >= $2 ORDER BY seq LIMIT $3;

-- name: list
-- The entries of a county before one, newest first.
-- $1 county bigint
-- $2 before bigint
-- $3 n      bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash FROM ledger_entry
WHERE county = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3;

-- name: at
-- One entry.
-- $1 county bigint
-- $2 seq    bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash FROM ledger_entry
WHERE county = $1 AND seq = $2;

-- name: of_object
-- Who did what to an object, and who read it, newest first.
-- $1 county    bigint
-- $2 object    text
-- $3 object_id bigint
-- $4 before    bigint
-- $5 n         bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash
FROM ledger_entry /*sqlite: INDEXED BY ledger_entry_object */
WHERE county = $1 AND object = $2 AND object_id = $3 AND seq < $4 ORDER BY seq DESC LIMIT $5;

-- name: of_actor
-- What an account did and read, newest first.
-- $1 county bigint
-- $2 actor  bigint
-- $3 before bigint
-- $4 n      bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash
FROM ledger_entry /*sqlite: INDEXED BY ledger_entry_actor */
WHERE county = $1 AND actor = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4;

-- name: tips
-- Where all chains stand.
-- scan: a row a county, at most some thousands
-- across: whoever signs a head signs all counties
SELECT county, seq, at_s, hash FROM ledger_head ORDER BY county;

-- name: stands
-- Where a county's chain stands, for somebody who only looks.
-- $1 county bigint
SELECT seq, hash FROM ledger_head WHERE county = $1;

-- name: next_tip
-- The next county that has an end of a chain.
-- $1 county bigint
-- across: as next_county
SELECT min(county) AS county FROM ledger_head WHERE county > $1;

-- name: next_county
-- The next county that has entries.
-- $1 county bigint
-- across: whoever verifies goes through all counties, and trusts no list of them
SELECT min(county) AS county FROM ledger_entry WHERE county > $1;

-- name: last_versions
-- The last entry of every object of one kind that changed it, a page at a time.
-- $1 county bigint
-- $2 object text
-- $3 after  bigint
-- $4 n      bigint
SELECT e.seq, e.at_s, e.actor, e.object, e.object_id, e.version, e.bytes, e.hash
FROM (SELECT object_id AS id, max(seq) AS last
	FROM ledger_entry /*sqlite: INDEXED BY ledger_entry_object */
	WHERE county = $1 AND object = $2 AND object_id > $3 AND version > 0
	GROUP BY object_id ORDER BY object_id LIMIT $4) newest
JOIN ledger_entry e ON e.county = $1 AND e.seq = newest.last
ORDER BY newest.id;

-- name: of_many
-- The entries that speak of many objects of one kind at once, or show them, a page at a time.
-- $1 county bigint
-- $2 object text
-- $3 after  bigint
-- $4 n      bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash
FROM ledger_entry /*sqlite: INDEXED BY ledger_entry_object */
WHERE county = $1 AND object = $2 AND object_id = 0 AND seq > $3 ORDER BY seq LIMIT $4;

-- name: of_version
-- The entry that left an object with this version.
-- $1 county    bigint
-- $2 object    text
-- $3 object_id bigint
-- $4 version   bigint
SELECT seq, at_s, actor, object, object_id, version, bytes, hash
FROM ledger_entry /*sqlite: INDEXED BY ledger_entry_object */
WHERE county = $1 AND object = $2 AND object_id = $3 AND version = $4 ORDER BY seq LIMIT 1;
