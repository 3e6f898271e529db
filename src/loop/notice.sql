-- Who was told of what, by which channel, and whether they said so: src/loop/notice*.c.

-- name: outbox
-- What has to be told, or looked at again, with what its task says.
-- across: one clock looks after the whole house
-- $1 now   bigint
-- $2 limit bigint
SELECT o.county, o.id, o.task, o.key, o.party, o.account, o.say, o.level, o.urgent, o.told,
       t.area, t.sector, t.state, t.packed, o.not_for
  FROM task_notice o JOIN tasks t ON t.county = o.county AND t.id = o.task
 WHERE o.look_at <= $1 ORDER BY o.look_at, o.id LIMIT $2;

-- name: looked
-- It was told, or nobody was found.
-- $1 county  bigint
-- $2 id      bigint
-- $3 told    bigint
-- $4 look_at bigint
UPDATE task_notice SET told = $3, look_at = $4 WHERE county = $1 AND id = $2;

-- name: party
-- Where an organisation is.
-- across: an id does not say its county
-- $1 id bigint
SELECT area FROM organisations WHERE id = $1;

-- name: people
-- Open accounts of an organisation, and how they want to be told.
-- across: people of an organisation are kept where they live
-- $1 organisation bigint
SELECT a.county, a.id, a.name, a.phone, w.mail
  FROM accounts a LEFT JOIN notice_wish w ON w.county = a.county AND w.account = a.id
 WHERE a.organisation = $1 AND a.state = 'open' ORDER BY a.id LIMIT 500;

-- name: one
-- An open account, and how it wants to be told.
-- across: an id does not say its county
-- $1 id bigint
SELECT a.county, a.id, a.name, a.phone, w.mail
  FROM accounts a LEFT JOIN notice_wish w ON w.county = a.county AND w.account = a.id
 WHERE a.id = $1 AND a.state = 'open';

-- name: officers
-- Duty holders of an organisation.
-- $1 county       bigint
-- $2 organisation bigint
SELECT id, name, phone, substitute FROM officers
 WHERE county = $1 AND organisation = $2 AND state = 'active' ORDER BY id LIMIT 500;

-- name: officer
-- One of them.
-- across: an id does not say its county
-- $1 id bigint
SELECT organisation, name, phone FROM officers WHERE id = $1 AND state = 'active';

-- name: on_watch
-- Who is on watch in an office; no watch is longer than `latest` says.
-- $1 county bigint
-- $2 office bigint
-- $3 now    bigint
-- $4 latest bigint
SELECT officer FROM watches
 WHERE county = $1 AND ends_at > $3 AND ends_at <= $4 AND +office = $2 AND starts_at <= $3
   AND state = 'planned'
 ORDER BY ends_at LIMIT 50;

-- name: in_charge
-- Who is in charge of an area in a sector.
-- $1 county bigint
-- $2 area   bigint
-- $3 sector text
SELECT officer FROM duties
 WHERE county = $1 AND area = $2 AND sector = $3 AND state = 'active' ORDER BY id LIMIT 20;

-- name: put
-- Somebody is told; nothing happens if they were before.
-- $1  county  bigint
-- $2  id      bigint
-- $3  task    bigint
-- $4  key     bigint
-- $5  party   bigint
-- $6  home    bigint
-- $7  account bigint
-- $8  area    bigint
-- $9  say     text
-- $10 level   bigint
-- $11 urgent  bigint
-- $12 duty    bigint
-- $13 hop     bigint
-- $14 told_at bigint
-- $15 wants   bigint
-- $16 fall_at bigint
INSERT INTO notice (county, id, task, key, party, home, account, area, say, level, urgent, duty,
                    hop, told_at, unread, wants, fall_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $16)
ON CONFLICT (county, task, key, account) DO NOTHING;

-- name: send_put
-- A channel has to say it, too.
-- $1 county  bigint
-- $2 notice  bigint
-- $3 channel text
-- $4 home    bigint
-- $5 account bigint
-- $6 urgent  bigint
-- $7 due     bigint
INSERT INTO notice_send (county, notice, channel, home, account, urgent, due, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0);

-- name: fallen
-- Whose fall-back is due.
-- across: one clock looks after the whole house
-- $1 now   bigint
-- $2 limit bigint
SELECT n.county, n.id, n.task, n.key, n.party, n.account, n.area, n.say, n.level, n.urgent, n.hop,
       n.unread, n.wants, t.sector, t.state, t.packed
  FROM notice n JOIN tasks t ON t.county = n.county AND t.id = n.task
 WHERE n.fall_at <= $1 ORDER BY n.fall_at, n.id LIMIT $2;

-- name: fell
-- The fall-back was told (fell_at), or is not needed any more (NULL).
-- $1 county  bigint
-- $2 id      bigint
-- $3 fell_at bigint
UPDATE notice SET fall_at = NULL, fell_at = $3 WHERE county = $1 AND id = $2;

-- name: settled
-- Nothing is asked about it any more.
-- $1 county bigint
-- $2 id     bigint
UPDATE notice SET fall_at = NULL, wants = 0 WHERE county = $1 AND id = $2;

-- name: fall_soon
-- No channel reached them: the fall-back is due at once, unless it was told or is not needed.
-- across: a message may tell of several counties
-- $1 message bigint
-- $2 now     bigint
UPDATE notice SET fall_at = $2
 WHERE id IN (SELECT s.notice FROM notice_send s WHERE s.message = $1) AND unread = 1
   AND fell_at IS NULL AND (fall_at IS NULL OR fall_at > $2)
   AND NOT EXISTS (SELECT 1 FROM notice_send o
                     JOIN notice_message m ON m.county = o.home AND m.id = o.message
                    WHERE o.county = notice.county AND o.notice = notice.id AND o.message <> $1
                      AND m.state <> 'failed');

-- name: at
-- One of somebody's own.
-- across: an id does not say its county
-- $1 id      bigint
-- $2 account bigint
SELECT county, task, key, area, unread, wants, confirmed_at FROM notice
 WHERE id = $1 AND account = $2;

-- name: read
-- It was read.
-- $1 county bigint
-- $2 id     bigint
-- $3 now    bigint
UPDATE notice SET unread = 0, read_at = $3 WHERE county = $1 AND id = $2 AND unread = 1;

-- name: unsend
-- Who has read it need not be told by a channel.
-- $1 county bigint
-- $2 notice bigint
UPDATE notice_send SET message = -1 WHERE county = $1 AND notice = $2 AND message < 1;

-- name: confirm
-- Somebody says that they have heard.
-- $1 county  bigint
-- $2 id      bigint
-- $3 now     bigint
UPDATE notice SET confirmed_at = $3 WHERE county = $1 AND id = $2 AND confirmed_at IS NULL;

-- name: answer
-- And so nobody else who was told the same is asked any more.
-- $1 county  bigint
-- $2 task    bigint
-- $3 key     bigint
-- $4 account bigint
UPDATE notice SET wants = 0, fall_at = NULL, answered_by = $4
 WHERE county = $1 AND task = $2 AND key = $3 AND answered_by IS NULL;

-- name: of_task
-- What of a task somebody was told and has not confirmed.
-- $1 county  bigint
-- $2 task    bigint
-- $3 account bigint
SELECT id, key, unread, wants FROM notice
 WHERE county = $1 AND task = $2 AND +account = $3 AND (unread = 1 OR wants = 1);

-- name: mine
-- What somebody was told, newest first.
-- across: a person is told of tasks in several counties
-- $1 account bigint
-- $2 before  bigint
-- $3 limit   bigint
SELECT n.county, n.id, n.task, n.area, n.say, n.level, n.urgent, n.hop, n.told_at, n.unread,
       n.wants, n.fall_at, n.fell_at, n.confirmed_at, n.answered_by, n.party,
       t.title, t.kind, t.state, t.owner, t.packed, t.signal
  FROM notice n JOIN tasks t ON t.county = n.county AND t.id = n.task
 WHERE n.account = $1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3;

-- name: mine_unread
-- Of those, what is not read.
-- across: a person is told of tasks in several counties
-- $1 account bigint
-- $2 before  bigint
-- $3 limit   bigint
SELECT n.county, n.id, n.task, n.area, n.say, n.level, n.urgent, n.hop, n.told_at, n.unread,
       n.wants, n.fall_at, n.fell_at, n.confirmed_at, n.answered_by, n.party,
       t.title, t.kind, t.state, t.owner, t.packed, t.signal
  FROM notice n JOIN tasks t ON t.county = n.county AND t.id = n.task
 WHERE n.account = $1 AND n.unread = 1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3;

-- name: mine_asked
-- Of those, what waits for their confirmation.
-- across: a person is told of tasks in several counties
-- $1 account bigint
-- $2 before  bigint
-- $3 limit   bigint
SELECT n.county, n.id, n.task, n.area, n.say, n.level, n.urgent, n.hop, n.told_at, n.unread,
       n.wants, n.fall_at, n.fell_at, n.confirmed_at, n.answered_by, n.party,
       t.title, t.kind, t.state, t.owner, t.packed, t.signal
  FROM notice n JOIN tasks t ON t.county = n.county AND t.id = n.task
 WHERE n.account = $1 AND n.wants = 1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3;

-- name: counts
-- How many somebody has not read, and how many wait for them; counted to a thousand.
-- across: a person is told of tasks in several counties
-- $1 account bigint
SELECT (SELECT count(*) FROM (SELECT 1 FROM notice u WHERE u.account = $1 AND u.unread = 1
                               LIMIT 1000) AS unread),
       (SELECT count(*) FROM (SELECT 1 FROM notice a WHERE a.account = $1 AND a.wants = 1
                               LIMIT 1000) AS asked);

-- name: sent
-- By which channels it went, and how that is.
-- across: a message is kept where its reader is
-- $1 county bigint
-- $2 notice bigint
SELECT s.channel, s.message, s.due, m.state, m.tries, m.next_try, m.told_at
  FROM notice_send s LEFT JOIN notice_message m ON m.county = s.home AND m.id = s.message
 WHERE s.county = $1 AND s.notice = $2 ORDER BY s.channel;

-- name: board
-- Who has not confirmed, in a range of areas: the ones told first come first.
-- across: a city's board reaches over its counties
-- $1 area_from bigint
-- $2 area_to   bigint
-- $3 after     bigint
-- $4 limit     bigint
SELECT n.county, n.id, n.task, n.area, n.say, n.level, n.hop, n.duty, n.told_at, n.fall_at,
       n.fell_at, n.unread, n.party, n.home, n.account, a.name, a.phone, t.title, t.kind
  FROM notice n JOIN tasks t ON t.county = n.county AND t.id = n.task
  JOIN accounts a ON a.county = n.home AND a.id = n.account
 WHERE n.wants = 1 AND n.area >= $1 AND n.area < $2 AND n.id > $3 AND t.state <> 'closed'
 ORDER BY n.id LIMIT $4;

-- name: nobody
-- What nobody could be told, or only somebody above, in a range of areas.
-- across: a city's board reaches over its counties
-- $1 told      bigint
-- $2 area_from bigint
-- $3 area_to   bigint
-- $4 limit     bigint
SELECT o.task, o.party, o.say, o.at, t.area, t.title, t.kind, g.duty_phone
  FROM task_notice o JOIN tasks t ON t.county = o.county AND t.id = o.task
  LEFT JOIN organisations g ON g.id = o.party
 WHERE o.told = $1 AND +t.area >= $2 AND +t.area < $3 AND t.state <> 'closed'
 ORDER BY o.id LIMIT $4;

-- name: wish
-- When and where somebody wants to be told.
-- $1 county  bigint
-- $2 account bigint
SELECT mail, quiet_from, quiet_to FROM notice_wish WHERE county = $1 AND account = $2;

-- name: wish_put
-- The same, as they say now.
-- $1 county     bigint
-- $2 account    bigint
-- $3 mail       text
-- $4 quiet_from bigint
-- $5 quiet_to   bigint
INSERT INTO notice_wish (county, account, mail, quiet_from, quiet_to) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (county, account) DO UPDATE
   SET mail = excluded.mail, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to;

-- name: again
-- A message that has to be tried again.
-- across: a channel serves the whole house
-- $1 channel text
-- $2 now     bigint
SELECT county, id, account, n, tries FROM notice_message
 WHERE channel = $1 AND next_try <= $2 ORDER BY next_try LIMIT 1;

-- name: tried
-- It is being tried once more; when next, if nothing is heard of this try.
-- $1 county   bigint
-- $2 id       bigint
-- $3 tries    bigint
-- $4 next_try bigint
UPDATE notice_message SET tries = $3, next_try = $4 WHERE county = $1 AND id = $2;

-- name: ended
-- How it went; next_try NULL: that was all.
-- $1 county   bigint
-- $2 id       bigint
-- $3 tries    bigint
-- $4 next_try bigint
-- $5 state    text
-- $6 told_at  bigint
-- $7 why      text
UPDATE notice_message SET next_try = $4, state = $5, told_at = $6, why = $7
 WHERE county = $1 AND id = $2 AND tries = $3 AND next_try IS NOT NULL;

-- name: waiting
-- To whom a channel has something to say.
-- across: a channel serves the whole house
-- $1 channel text
-- $2 now     bigint
SELECT home, account, due FROM notice_send
 WHERE channel = $1 AND message = 0 AND due <= $2 ORDER BY due LIMIT 1;

-- name: last
-- When somebody was written to last.
-- $1 county  bigint
-- $2 account bigint
-- $3 channel text
SELECT made_at FROM notice_message
 WHERE county = $1 AND account = $2 AND channel = $3 ORDER BY made_at DESC LIMIT 1;

-- name: put_off
-- What waits for somebody waits on; urgent 1: what is urgent, too.
-- across: a person is told of tasks in several counties
-- $1 account bigint
-- $2 channel text
-- $3 urgent  bigint
-- $4 due     bigint
UPDATE notice_send SET due = $4
 WHERE account = $1 AND channel = $2 AND message = 0 AND urgent <= $3 AND +due < $4;

-- name: fold
-- What is due becomes one message; urgent 1: what is urgent alone.
-- across: a person is told of tasks in several counties
-- $1 account bigint
-- $2 channel text
-- $3 urgent  bigint
-- $4 now     bigint
-- $5 message bigint
UPDATE notice_send SET message = $5
 WHERE account = $1 AND channel = $2 AND message = 0 AND urgent >= $3 AND +due <= $4;

-- name: message_put
-- A message, tried for the first time.
-- $1 county   bigint
-- $2 id       bigint
-- $3 channel  text
-- $4 account  bigint
-- $5 n        bigint
-- $6 made_at  bigint
-- $7 next_try bigint
INSERT INTO notice_message (county, id, channel, account, n, made_at, tries, next_try, state)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 'sending');

-- name: told_in
-- What a message tells of, what is urgent first.
-- across: a message may tell of several counties
-- $1 message bigint
-- $2 limit   bigint
SELECT n.task, n.area, n.say, n.urgent, n.party, n.level, t.kind, t.packed
  FROM notice_send s JOIN notice n ON n.county = s.county AND n.id = s.notice
  JOIN tasks t ON t.county = n.county AND t.id = n.task
 WHERE s.message = $1 ORDER BY n.urgent DESC, n.id LIMIT $2;

-- name: address
-- Where somebody is reached, and in which language.
-- $1 county  bigint
-- $2 account bigint
SELECT a.language, a.phone, w.mail
  FROM accounts a LEFT JOIN notice_wish w ON w.county = a.county AND w.account = a.id
 WHERE a.county = $1 AND a.id = $2 AND a.state = 'open';

-- name: organisation_of
-- For whom an account acts.
-- $1 county  bigint
-- $2 account bigint
SELECT organisation FROM accounts WHERE county = $1 AND id = $2;
