-- Who needs not be told, since they did it themselves: an account, of a notice for a whole party.
ALTER TABLE task_notice ADD COLUMN not_for BIGINT NOT NULL DEFAULT 0;
