-- Sessions: who has signed in.

-- name: find
-- Whose session this is, unless it was ended or the account suspended.
-- $1 county bigint
-- $2 hash   bytea
SELECT s.id, s.account, s.roles, s.areas, s.made_at, s.seen_at,
       a.area, a.login, a.name, a.language, k.due, k.totp_on
  FROM session s
  JOIN accounts a ON a.county = s.county AND a.id = s.account
  JOIN account_secret k ON k.county = s.county AND k.account = s.account
 WHERE s.county = $1 AND s.hash = $2 AND a.state = 'open';

-- name: make
-- Somebody has signed in.
-- $1 county  bigint
-- $2 hash    bytea
-- $3 id      bigint
-- $4 account bigint
-- $5 roles   text
-- $6 areas   text
-- $7 now     bigint
INSERT INTO session (county, hash, id, account, roles, areas, made_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7);

-- name: touch
-- It was used.
-- $1 county bigint
-- $2 hash   bytea
-- $3 now    bigint
UPDATE session SET seen_at = $3 WHERE county = $1 AND hash = $2 AND seen_at < $3;

-- name: mine
-- Sessions of an account, the newest first.
-- $1 county  bigint
-- $2 account bigint
SELECT id, made_at, seen_at FROM session WHERE county = $1 AND account = $2
 ORDER BY made_at DESC, id DESC;

-- name: finish
-- One session ends.
-- $1 county bigint
-- $2 account bigint
-- $3 id     bigint
DELETE FROM session WHERE county = $1 AND account = $2 AND id = $3;

-- name: finish_others
-- All of an account but one; 0 is none.
-- $1 county  bigint
-- $2 account bigint
-- $3 but     bigint
DELETE FROM session WHERE county = $1 AND account = $2 AND id <> $3;

-- name: sweep
-- Those that are over by the clock.
-- across: the clock ends them everywhere
-- scan: once in a while, over the sessions of a day
-- $1 made_before bigint
-- $2 seen_before bigint
DELETE FROM session WHERE made_at < $1 OR seen_at < $2;
