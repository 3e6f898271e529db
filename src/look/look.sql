-- Who looked at whom.

-- name: note
-- A name is told.
-- append: person_look
-- $1 person  bigint
-- $2 at_s    bigint
-- $3 county  bigint
-- $4 seq     bigint
-- $5 account bigint
-- $6 kind    text
-- $7 matter  text
-- $8 purpose text
-- $9 fields  bigint
-- $10 approved_by bigint
INSERT INTO person_look (person, at_s, county, seq, account, kind, matter, purpose, fields,
	approved_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: of_person
-- Who was told this person's name, the first one first.
-- across: a person is looked at from everywhere
-- $1 person bigint
SELECT l.at_s, l.county, l.seq, l.account, l.kind, l.matter, l.purpose, l.fields, l.person,
       l.approved_by
  FROM person_look l WHERE l.person = $1 ORDER BY l.at_s;

-- name: of_account
-- Whose names an account was told, newest first.
-- across: an account looks at people everywhere
-- $1 account bigint
-- $2 before  bigint
-- $3 limit   bigint
SELECT l.at_s, l.county, l.seq, l.account, l.kind, l.matter, l.purpose, l.fields, l.person,
       l.approved_by
  FROM person_look l WHERE l.account = $1 AND l.at_s < $2 ORDER BY l.at_s DESC LIMIT $3;

-- name: account
-- What an account is called, its department and what that is, and whose it is.
-- across: an id does not say its county
-- $1 id bigint
SELECT a.name, a.organisation, a.officer, a.phone, o.kind
  FROM accounts a LEFT JOIN organisations o ON o.id = a.organisation AND o.state = 'active'
 WHERE a.id = $1;
