-- A pseudonym is a random number, and each index that begins with it costs a page for every new
-- person. By epoch alone they are appended; by number only subjects are looked for within one.
DROP INDEX vault_person_epoch;
CREATE INDEX vault_person_epoch ON vault_person (epoch);
CREATE INDEX vault_person_subject ON vault_person (id) WHERE epoch IS NULL;
