-- Accounts, what opens them, and what they may.

-- name: login
-- Where the account of a login name is.
-- $1 login text
SELECT county, account FROM account_login WHERE login = $1;

-- name: claim
-- A login name is somebody's from now on.
-- $1 login   text
-- $2 county  bigint
-- $3 account bigint
INSERT INTO account_login (login, county, account) VALUES ($1, $2, $3);

-- name: at
-- One account.
-- $1 county bigint
-- $2 id     bigint
SELECT a.id, a.area, a.state, a.login, a.name, a.language
  FROM accounts a WHERE a.county = $1 AND a.id = $2;

-- name: by_id
-- One account, when its county is not known.
-- across: an id does not say its county; the handler asks whether the caller reaches it
-- $1 id bigint
SELECT a.id, a.area, a.state, a.login, a.name, a.language
  FROM accounts a WHERE a.id = $1;

-- name: make
-- A new account, open, without a password.
-- $1 county   bigint
-- $2 id       bigint
-- $3 area     bigint
-- $4 now      bigint
-- $5 by       bigint
-- $6 login    text
-- $7 name     text
-- $8 phone    text
-- $9 language text
INSERT INTO accounts (county, id, area, version, state, created_at, updated_at, created_by,
                      login, name, phone, language)
VALUES ($1, $2, $3, 1, 'open', $4, $4, $5, $6, $7, $8, $9);

-- name: secret
-- What opens an account.
-- $1 county  bigint
-- $2 account bigint
SELECT password, due, totp, totp_on, totp_step FROM account_secret
 WHERE county = $1 AND account = $2;

-- name: password
-- A new password.
-- $1 county   bigint
-- $2 account  bigint
-- $3 password text
-- $4 due      bigint
-- $5 now      bigint
INSERT INTO account_secret (county, account, password, due, totp, totp_on, totp_step, changed_at)
VALUES ($1, $2, $3, $4, NULL, 0, -1, $5)
ON CONFLICT (county, account) DO UPDATE
   SET password = excluded.password, due = excluded.due, changed_at = excluded.changed_at;

-- name: totp
-- A second factor is set up (0), in force (1), or taken away (no secret, 0).
-- $1 county  bigint
-- $2 account bigint
-- $3 totp    bytea
-- $4 totp_on bigint
-- $5 step    bigint
UPDATE account_secret SET totp = $3, totp_on = $4, totp_step = $5
 WHERE county = $1 AND account = $2;

-- name: step
-- These digits are used up.
-- $1 county  bigint
-- $2 account bigint
-- $3 step    bigint
UPDATE account_secret SET totp_step = $3
 WHERE county = $1 AND account = $2 AND totp_step < $3;

-- name: roles
-- Which roles it holds.
-- $1 county  bigint
-- $2 account bigint
SELECT role FROM account_role WHERE county = $1 AND account = $2 ORDER BY slot;

-- name: roles_of
-- Which roles each of a list of accounts holds; one is county and number, 34 digits of the text.
-- across: a page has accounts of many counties; each is asked for with its own
-- $1 accounts text
WITH RECURSIVE n (i) AS (
	SELECT 1 UNION ALL SELECT i + 34 FROM n WHERE i + 34 < length($1)
)
SELECT r.account, r.role
  FROM n JOIN account_role r ON r.county = CAST(substr($1, n.i, 15) AS bigint)
                            AND r.account = CAST(substr($1, n.i + 15, 19) AS bigint);

-- name: role_clear
-- Before roles are granted anew.
-- $1 county  bigint
-- $2 account bigint
DELETE FROM account_role WHERE county = $1 AND account = $2;

-- name: role_add
-- One role; two of the three admin roles have one slot.
-- $1 county  bigint
-- $2 account bigint
-- $3 slot    text
-- $4 role    text
INSERT INTO account_role (county, account, slot, role) VALUES ($1, $2, $3, $4);

-- name: areas
-- Which areas its rights reach.
-- $1 county  bigint
-- $2 account bigint
SELECT area FROM account_scope WHERE county = $1 AND account = $2 ORDER BY area;

-- name: area_clear
-- Before areas are granted anew.
-- $1 county  bigint
-- $2 account bigint
DELETE FROM account_scope WHERE county = $1 AND account = $2;

-- name: area_add
-- One area.
-- $1 county  bigint
-- $2 account bigint
-- $3 area    bigint
INSERT INTO account_scope (county, account, area) VALUES ($1, $2, $3);
