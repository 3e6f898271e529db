-- Batches, their rows and what was said of them: src/intake/push.c, recall.c, settle.c, health.c.

-- name: key_of
-- The batch that is stored under a sender's number.
-- $1 county    bigint
-- $2 feed      bigint
-- $3 sender_id text
SELECT key, batch, digest FROM batch_key WHERE county = $1 AND feed = $2 AND sender_id = $3;

-- name: key_put
-- It is stored from now on.
-- $1 county    bigint
-- $2 feed      bigint
-- $3 sender_id text
-- $4 key       bigint
-- $5 batch     bigint
-- $6 digest    text
INSERT INTO batch_key (county, feed, sender_id, key, batch, digest)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: key_known
-- Is a batch of the vault's stored, and not only waiting?
-- across: the vault knows a batch by its key alone
-- $1 key bigint
SELECT k.county, k.batch FROM batch_key AS k JOIN batches AS b
ON b.county = +k.county AND b.id = k.batch WHERE k.key = $1 AND b.state = 'received';

-- name: key_of_batch
-- What vault and trail call a batch.
-- $1 county bigint
-- $2 feed   bigint
-- $3 batch  bigint
SELECT key, sender_id FROM batch_key WHERE county = $1 AND feed = $2 AND batch = $3;

-- name: key_drop
-- It is recalled: the number may come again.
-- $1 county    bigint
-- $2 feed      bigint
-- $3 sender_id text
DELETE FROM batch_key WHERE county = $1 AND feed = $2 AND sender_id = $3;

-- name: gone_put
-- The vault has yet to forget a batch.
-- $1 county bigint
-- $2 key    bigint
INSERT INTO batch_gone (county, key) VALUES ($1, $2) ON CONFLICT (county, key) DO NOTHING;

-- name: gone_drop
-- It has, or the batch came again.
-- $1 county bigint
-- $2 key    bigint
DELETE FROM batch_gone WHERE county = $1 AND key = $2;

-- name: gone_all
-- Which ones.
-- across: the vault serves the whole house
-- scan: as many as were recalled while the vault was away
SELECT county, key FROM batch_gone ORDER BY county, key;

-- name: row_put
-- One stored row.
-- $1 county  bigint
-- $2 batch   bigint
-- $3 row_at  bigint
-- $4 digest  bigint
-- $5 home    bigint
-- $6 id      bigint
-- $7 subject bigint
-- $8 repeats bigint
INSERT INTO batch_row (county, batch, row_at, digest, home, id, subject, repeats)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: row_first
-- The row that others with this digest repeat.
-- $1 county bigint
-- $2 digest bigint
SELECT id FROM batch_row WHERE county = $1 AND digest = $2 AND repeats = 0
ORDER BY id LIMIT 1;

-- name: row_of_subject
-- Whose batch a subject came with. (The sign keeps SQLite from reading the county in this order.)
-- $1 county  bigint
-- $2 subject bigint
SELECT batch FROM batch_row WHERE county = $1 AND subject = $2 ORDER BY +batch LIMIT 1;

-- name: rows_of_batch
-- What a batch has stored, in the order of its rows.
-- $1 county bigint
-- $2 batch  bigint
-- $3 after  bigint
-- $4 limit  bigint
SELECT row_at, home, id, subject, repeats FROM batch_row
WHERE county = $1 AND batch = $2 AND row_at > $3 ORDER BY row_at LIMIT $4;

-- name: rows_n
-- How many, and how many of them repeat others.
-- $1 county bigint
-- $2 batch  bigint
SELECT count(*), CAST(coalesce(sum(CASE WHEN repeats = 0 THEN 0 ELSE 1 END), 0) AS BIGINT)
FROM batch_row WHERE county = $1 AND batch = $2;

-- name: repeats_of
-- Rows of other batches that repeat this one: the first takes its place when it goes.
-- $1 county bigint
-- $2 id     bigint
-- $3 batch  bigint
SELECT batch, row_at, home, id, subject FROM batch_row
WHERE county = $1 AND repeats = $2 AND batch <> $3 ORDER BY id;

-- name: repeats_set
-- A row repeats another one now, or none.
-- $1 county  bigint
-- $2 batch   bigint
-- $3 row_at  bigint
-- $4 repeats bigint
UPDATE batch_row SET repeats = $4 WHERE county = $1 AND batch = $2 AND row_at = $3;

-- name: rows_drop
-- A batch is recalled.
-- $1 county bigint
-- $2 batch  bigint
DELETE FROM batch_row WHERE county = $1 AND batch = $2;

-- name: refused_put
-- A row that was refused.
-- $1 county bigint
-- $2 batch  bigint
-- $3 row_at bigint
-- $4 line   bigint
-- $5 field  text
-- $6 zh     text
-- $7 en     text
INSERT INTO batch_refused (county, batch, row_at, line, field, zh, en)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: refused_drop
-- They are judged anew.
-- $1 county bigint
-- $2 batch  bigint
DELETE FROM batch_refused WHERE county = $1 AND batch = $2;

-- name: refused_list
-- Refused rows of a batch.
-- $1 county bigint
-- $2 batch  bigint
-- $3 after  bigint
-- $4 limit  bigint
SELECT row_at, line, field, zh, en FROM batch_refused
WHERE county = $1 AND batch = $2 AND row_at > $3 ORDER BY row_at LIMIT $4;

-- name: refused_n
-- How many are kept.
-- $1 county bigint
-- $2 batch  bigint
SELECT count(*) FROM batch_refused WHERE county = $1 AND batch = $2;

-- name: finding_put
-- Something that was noticed.
-- $1 county bigint
-- $2 batch  bigint
-- $3 at     bigint
-- $4 row_at bigint
-- $5 kind   text
-- $6 zh     text
-- $7 en     text
INSERT INTO batch_finding (county, batch, at, row_at, kind, zh, en)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: finding_list
-- Findings of a batch.
-- $1 county bigint
-- $2 batch  bigint
-- $3 after  bigint
-- $4 limit  bigint
SELECT at, row_at, kind, zh, en FROM batch_finding
WHERE county = $1 AND batch = $2 AND at > $3 ORDER BY at LIMIT $4;

-- name: held_put
-- A batch waits.
-- $1 county bigint
-- $2 batch  bigint
-- $3 sealed bytea
INSERT INTO batch_held (county, batch, sealed) VALUES ($1, $2, $3);

-- name: held_get
-- Its bytes.
-- $1 county bigint
-- $2 batch  bigint
SELECT sealed FROM batch_held WHERE county = $1 AND batch = $2;

-- name: held_drop
-- It waits no more.
-- $1 county bigint
-- $2 batch  bigint
DELETE FROM batch_held WHERE county = $1 AND batch = $2;

-- name: saw_feed
-- A feed brought something.
-- $1 county bigint
-- $2 feed   bigint
-- $3 now    bigint
INSERT INTO feed_seen (county, feed, seen_at, silent_at) VALUES ($1, $2, $3, 0)
ON CONFLICT (county, feed) DO UPDATE SET seen_at = $3, silent_at = 0, asked = 0;

-- name: seen_of
-- When it did so last, since when it is told to be silent, and since when it is counted anew.
-- $1 county bigint
-- $2 feed   bigint
SELECT seen_at, silent_at, counts_from FROM feed_seen WHERE county = $1 AND feed = $2;

-- name: silent_set
-- It is told to be silent.
-- $1 county bigint
-- $2 feed   bigint
-- $3 seen   bigint
-- $4 now    bigint
INSERT INTO feed_seen (county, feed, seen_at, silent_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (county, feed) DO UPDATE SET silent_at = $4;

-- name: silent_ask
-- Somebody is asked about its silence, once.
-- $1 county bigint
-- $2 feed   bigint
UPDATE feed_seen SET asked = 1 WHERE county = $1 AND feed = $2 AND silent_at > 0 AND asked = 0;

-- name: count_anew
-- It is due from now on: what was silent before is not.
-- $1 county bigint
-- $2 feed   bigint
-- $3 now    bigint
INSERT INTO feed_seen (county, feed, seen_at, silent_at, counts_from) VALUES ($1, $2, 0, 0, $3)
ON CONFLICT (county, feed) DO UPDATE SET silent_at = 0, asked = 0, counts_from = $3;

-- name: rows_today
-- How many rows a feed brought since an instant.
-- $1 county bigint
-- $2 feed   bigint
-- $3 from   bigint
SELECT CAST(coalesce(sum(rows_in), 0) AS BIGINT) FROM batches
WHERE county = $1 AND feed = $2 AND created_at >= $3 AND state <> 'rejected';

-- name: batches_of_feed
-- The accounts of a feed since an instant, oldest first: its trend.
-- $1 county bigint
-- $2 feed   bigint
-- $3 from   bigint
SELECT created_at, rows_in, accepted, refused, duplicate, incomplete, late_s, state
FROM batches WHERE county = $1 AND feed = $2 AND created_at >= $3 ORDER BY id;

-- name: feeds_in
-- Feeds of a range of areas, for their health.
-- across: held to the caller's areas
-- scan: a house has tens of feeds
-- $1 area_from bigint
-- $2 area_to   bigint
SELECT id FROM feeds WHERE area >= $1 AND area < $2 ORDER BY id;

-- name: feeds_all
-- Every feed that is active: who looks for silence looks at all.
-- across: the whole house is looked at
-- scan: a house has tens of feeds
SELECT county, id, area, every_min, created_at FROM feeds WHERE state = 'active' ORDER BY id;

-- name: silences
-- Feeds that are told to be silent, about which nobody was asked yet.
-- across: the whole house is looked at
-- scan: a house has tens of feeds
SELECT f.id, f.area, f.brings, f.every_min FROM feeds AS f
JOIN feed_seen AS s ON s.county = f.county AND s.feed = f.id
WHERE f.state = 'active' AND f.every_min IS NOT NULL AND s.silent_at > 0 AND s.asked = 0
ORDER BY f.id;

-- name: batches_all
-- Every batch, for fsck.
-- across: the whole house is looked at
-- scan: fsck
SELECT county, id, feed, state, rows_in, accepted, refused, duplicate FROM batches ORDER BY id;

-- name: orphans
-- Stored rows of batches that are none, for fsck.
-- across: the whole house is looked at
-- scan: fsck
SELECT count(*) FROM batch_row AS r WHERE NOT EXISTS (SELECT 1 FROM batches AS b
WHERE b.county = r.county AND b.id = r.batch AND b.state = 'received');

-- name: count_before
-- The last report of an area before a day.
-- $1 county bigint
-- $2 area   bigint
-- $3 place  text
-- $4 day    bigint
SELECT day, confirmed_total, recovered_total, dead_total FROM count_reports
WHERE county = $1 AND area = $2 AND day < $4 AND state = 'received'
AND coalesce(place, '') = $3 ORDER BY day DESC, id DESC LIMIT 1;

-- name: likenesses_of
-- Pairs in which a batch has a part.
-- $1 county bigint
-- $2 batch  bigint
SELECT id, version FROM likenesses WHERE county = $1 AND batch = $2 ORDER BY id;

-- name: likenesses_with
-- Pairs in which a batch has the other part.
-- $1 county bigint
-- $2 batch  bigint
SELECT id, version FROM likenesses WHERE county = $1 AND other_batch = $2 ORDER BY id;

-- name: likeness_subject
-- Pairs of a row.
-- $1 county  bigint
-- $2 subject bigint
SELECT id FROM likenesses WHERE county = $1 AND subject = $2 ORDER BY +id;

-- name: likeness_other
-- Pairs in which others are like a row.
-- $1 county bigint
-- $2 other  bigint
SELECT id FROM likenesses WHERE county = $1 AND other = $2 ORDER BY +id;

-- name: likeness_move
-- Another row has taken the place of one of them.
-- $1 county      bigint
-- $2 id          bigint
-- $3 subject     bigint
-- $4 batch       bigint
-- $5 other       bigint
-- $6 other_batch bigint
UPDATE likenesses SET subject = $3, batch = $4, other = $5, other_batch = $6
WHERE county = $1 AND id = $2;

-- name: likeness_drop
-- A pair one part of which is gone.
-- $1 county bigint
-- $2 id     bigint
DELETE FROM likenesses WHERE county = $1 AND id = $2;

-- name: notification_drop
-- A row goes with its batch.
-- $1 county bigint
-- $2 id     bigint
DELETE FROM notifications WHERE county = $1 AND id = $2;

-- name: sample_drop
-- A row goes with its batch.
-- $1 county bigint
-- $2 id     bigint
DELETE FROM samples WHERE county = $1 AND id = $2;

-- name: contact_push_drop
-- A row goes with its batch.
-- $1 county bigint
-- $2 id     bigint
DELETE FROM contact_pushes WHERE county = $1 AND id = $2;

-- name: count_report_drop
-- A row goes with its batch.
-- $1 county bigint
-- $2 id     bigint
DELETE FROM count_reports WHERE county = $1 AND id = $2;

-- name: notification_repeat
-- A row repeats another one now, or none.
-- $1 county  bigint
-- $2 id      bigint
-- $3 state   text
-- $4 repeats bigint
UPDATE notifications SET state = $3, repeats = $4 WHERE county = $1 AND id = $2;

-- name: sample_repeat
-- A row repeats another one now, or none.
-- $1 county  bigint
-- $2 id      bigint
-- $3 state   text
-- $4 repeats bigint
UPDATE samples SET state = $3, repeats = $4 WHERE county = $1 AND id = $2;

-- name: contact_push_repeat
-- A row repeats another one now, or none.
-- $1 county  bigint
-- $2 id      bigint
-- $3 state   text
-- $4 repeats bigint
UPDATE contact_pushes SET state = $3, repeats = $4 WHERE county = $1 AND id = $2;

-- name: count_report_repeat
-- A row repeats another one now, or none.
-- $1 county  bigint
-- $2 id      bigint
-- $3 state   text
-- $4 repeats bigint
UPDATE count_reports SET state = $3, repeats = $4 WHERE county = $1 AND id = $2;
