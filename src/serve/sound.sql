-- What fsck reads of other rooms.

-- name: receipts
-- The receipts of all replies that are still kept.
-- across: the whole house is looked at
-- scan: fsck, over the writes of two days
SELECT receipt FROM idempotency WHERE receipt <> '';
