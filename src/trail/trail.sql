-- The statements of visits.

-- name: turn_make
-- The house's row, once.
-- $1 county bigint
INSERT INTO visit_turn (county, turn) VALUES ($1, 0) ON CONFLICT (county) DO NOTHING;

-- name: turn_take
-- Nobody else writes visits until this transaction ends.
-- $1 county bigint
UPDATE visit_turn SET turn = turn WHERE county = $1;

-- name: add
-- One pack.
-- $1 county bigint
-- $2 day    bigint
-- $3 batch  bigint
-- $4 seq    bigint
-- $5 n      bigint
-- $6 sealed bytea
-- $7 digest bytea
INSERT INTO visit_pack (county, day, batch, seq, n, sealed, digest)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: has
-- Does a batch have visits?
-- $1 county bigint
-- $2 batch  bigint
SELECT day FROM visit_pack WHERE county = $1 AND batch = $2 ORDER BY day LIMIT 1;

-- name: of_batch
-- What a batch brought, day by day.
-- $1 county bigint
-- $2 batch  bigint
SELECT day, count(*), CAST(sum(n) AS BIGINT) FROM visit_pack WHERE county = $1 AND batch = $2
GROUP BY day ORDER BY day;

-- name: delete_batch
-- A batch is recalled.
-- $1 county bigint
-- $2 batch  bigint
DELETE FROM visit_pack WHERE county = $1 AND batch = $2;

-- name: called_put
-- What a batch's sender calls the places of a day.
-- $1 county bigint
-- $2 day    bigint
-- $3 batch  bigint
-- $4 sealed bytea
INSERT INTO visit_called (county, day, batch, sealed) VALUES ($1, $2, $3, $4);

-- name: called_of_day
-- What all senders call the places of a day.
-- across: a place is asked for wherever its visits are kept
-- $1 day bigint
SELECT county, batch, sealed FROM visit_called WHERE day = $1 ORDER BY county, batch;

-- name: called_gone
-- A batch is recalled.
-- $1 county bigint
-- $2 batch  bigint
DELETE FROM visit_called WHERE county = $1 AND batch = $2;

-- name: called_day_gone
-- A day is over.
-- across: a house keeps the visits of all its counties in one set
-- $1 day bigint
DELETE FROM visit_called WHERE day = $1;

-- name: days
-- Which days have visits, and how many packs each.
-- across: a house keeps the visits of all its counties in one set
-- scan: once at start, of the index alone
SELECT day, count(*), CAST(sum(n) AS BIGINT) FROM visit_pack GROUP BY day ORDER BY day;

-- name: keys_of_day
-- The packs of a day, without their bytes.
-- across: a house keeps the visits of all its counties in one set
-- $1 day bigint
SELECT county, batch, seq FROM visit_pack WHERE day = $1 ORDER BY county, batch, seq;

-- name: of_day
-- The packs of a day.
-- across: a house keeps the visits of all its counties in one set
-- $1 day bigint
SELECT county, batch, seq, n, sealed, digest FROM visit_pack WHERE day = $1
ORDER BY county, batch, seq;

-- name: one
-- One pack.
-- $1 county bigint
-- $2 day    bigint
-- $3 batch  bigint
-- $4 seq    bigint
SELECT n, sealed, digest FROM visit_pack
WHERE county = $1 AND day = $2 AND batch = $3 AND seq = $4;

-- name: segment
-- The manifest: what is on disk.
-- $1 county bigint
SELECT day, file, digest, visits FROM visit_segment WHERE county = $1 ORDER BY day;

-- name: segment_put
-- A day was sealed.
-- $1 county bigint
-- $2 day    bigint
-- $3 file   text
-- $4 digest bigint
-- $5 visits bigint
INSERT INTO visit_segment (county, day, file, digest, visits) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (county, day) DO UPDATE SET file = $3, digest = $4, visits = $5;

-- name: segment_gone
-- A day's segment holds no longer.
-- $1 county bigint
-- $2 day    bigint
DELETE FROM visit_segment WHERE county = $1 AND day = $2;

-- name: digests_of_day
-- What the Merkle root of a day is made of.
-- across: a house keeps the visits of all its counties in one set
-- $1 day bigint
SELECT n, digest FROM visit_pack WHERE day = $1 ORDER BY county, batch, seq;

-- name: days_before
-- Days with packs that are over.
-- across: a house keeps the visits of all its counties in one set
-- $1 day bigint
SELECT DISTINCT day FROM visit_pack WHERE day < $1 ORDER BY day;

-- name: delete_day
-- A day is over.
-- across: a house keeps the visits of all its counties in one set
-- $1 day bigint
DELETE FROM visit_pack WHERE day = $1;

-- name: renew
-- A pack under new pseudonyms.
-- $1 county bigint
-- $2 day    bigint
-- $3 batch  bigint
-- $4 seq    bigint
-- $5 n      bigint
-- $6 sealed bytea
-- $7 digest bytea
UPDATE visit_pack SET n = $5, sealed = $6, digest = $7
WHERE county = $1 AND day = $2 AND batch = $3 AND seq = $4;

-- name: newest_known
-- The newest time that the ledger has.
-- across: a clock is held against all that the house knows
SELECT max(at_s) FROM ledger_head;
