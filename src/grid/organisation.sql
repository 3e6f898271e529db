-- Organisations.

-- name: is_own
-- Is this the department of an account?
-- $1 county       bigint
-- $2 account      bigint
-- $3 organisation bigint
SELECT 1 FROM accounts WHERE county = $1 AND id = $2 AND organisation = $3;
