-- What fsck reads of other rooms.

-- name: receipts
-- The receipts of all replies that are still kept.
-- across: the whole house is looked at
-- scan: fsck, over the writes of two days
SELECT receipt FROM idempotency WHERE receipt <> '';

-- name: texts
-- Where text is: on SQLite each table and how it was made, on PostgreSQL each column.
-- across: the whole house is looked at
-- scan: fsck, over the catalogue
SELECT /*sqlite: name, sql, NULL FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL */
/*postgresql: CAST(table_name AS TEXT), CAST(column_name AS TEXT), 1
FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'text' */
ORDER BY 1, 2;
