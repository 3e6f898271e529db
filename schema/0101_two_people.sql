-- Who else had to agree before a name was told: the second of two who broke the glass.
ALTER TABLE person_look ADD COLUMN approved_by BIGINT;
-- Whose an account is: one duty holder with two accounts is one person.
ALTER TABLE accounts ADD COLUMN officer BIGINT;
