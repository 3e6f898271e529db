// The parts of the console that need no browser: times, filters, areas, keys, QR codes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';

const core = (name) => import(new URL(`../../console/src/core/${name}.js`, import.meta.url));
const time = await core('time');
const { correction, qrMatrix, qrPath } = await core('qr');
const { appealOutcome, hazardSides } = await core('outcomes');
const { filterWords, mayShow, splitFilters } = await core('filters');

const at = (text) => Date.parse(text);
time.setClock('2026-11-26T14:30:00+08:00');

test('a_time_is_written_in_the_zone_of_the_server', () => {
  assert.equal(time.timeText('2026-08-04T06:30:00Z', 'zh'), '8月4日 14:30');
  assert.equal(time.timeText('2026-08-04T06:30:09Z', 'en', true), '4 Aug 14:30:09');
  assert.equal(time.rfc3339(at('2026-08-04T06:30:09Z')), '2026-08-04T14:30:09+08:00');
});

test('another_year_is_said', () => {
  assert.equal(time.timeText('2025-12-31T16:00:00Z', 'zh'), '1月1日 00:00');
  assert.equal(time.timeText('2025-12-31T15:59:59Z', 'zh', true), '2025年12月31日 23:59:59');
  assert.equal(time.dateText('2025-12-31', 'en'), '31 Dec 2025');
});

test('a_date_is_no_instant', () => {
  assert.equal(time.dateText('2026-03-01', 'zh'), '3月1日');
  assert.equal(time.dateText('', 'zh'), '');
});

test('a_week_begins_on_monday_at_midnight_of_the_server', () => {
  assert.equal(
    time.rfc3339(time.weekOf(at('2026-11-26T14:30:00+08:00'))),
    '2026-11-23T00:00:00+08:00',
  );
  assert.equal(
    time.rfc3339(time.weekOf(at('2026-11-23T00:00:00+08:00'))),
    '2026-11-23T00:00:00+08:00',
  );
  assert.equal(
    time.rfc3339(time.weekOf(at('2026-11-29T23:59:59+08:00'))),
    '2026-11-23T00:00:00+08:00',
  );
  assert.equal(
    time.rfc3339(time.weekOf(at('2026-01-01T12:00:00+08:00'))),
    '2025-12-29T00:00:00+08:00',
  );
});

test('civil_parts_and_instants_are_inverse', () => {
  for (const minutes of ['+08:00', '-03:30', '+05:45']) {
    time.setClock(`2026-11-26T14:30:00${minutes}`);
    for (let day = 0; day < 800; day += 13) {
      const instant = at('2025-01-01T00:00:00Z') + day * 86_400_000 + day * 61_000;
      const p = time.parts(instant);
      const back = time.instant(p.year, p.month, p.day, p.hour, p.minute) + p.second * 1000;
      assert.equal(back, instant);
      assert.equal(at(time.rfc3339(instant)), instant);
    }
  }
  time.setClock('2026-11-26T14:30:00+08:00');
});

const noun = {
  fields: [
    { name: 'name', type: 'text', see: 'official', search: true, filter: true },
    { name: 'phone', type: 'phone', see: 'official', filter: true },
    { name: 'kind', type: 'choice', see: 'public', filter: true },
    { name: 'since', type: 'date', see: 'area', filter: true },
    { name: 'secret', type: 'text', see: 'vault' },
  ],
};

test('names_and_numbers_of_people_stay_out_of_the_address', () => {
  const { shown, hidden } = splitFilters(noun, {
    area: '430000000000000',
    q: '张三',
    name: '张三',
    phone: '0731-1',
    kind: 'unit',
    since_from: '2026-01-01',
    stray: 'x',
    state: '',
  });
  assert.deepEqual(shown, { area: '430000000000000', kind: 'unit', since_from: '2026-01-01' });
  assert.deepEqual(hidden, { q: '张三', name: '张三', phone: '0731-1' });
});

test('a_search_over_nobody_may_be_shared', () => {
  const plain = { fields: [{ name: 'name', type: 'text', see: 'public', search: true }] };
  assert.ok(mayShow(plain, 'q'));
  assert.ok(!mayShow(noun, 'q'));
  assert.ok(!mayShow(plain, 'stray'));
  assert.deepEqual(filterWords(plain), ['area', 'state', 'q']);
});

test('a_qr_code_has_the_bytes_a_reader_read', () => {
  // Read back with zbar when this was written; the drawing must not change unnoticed.
  const uri =
    'otpauth://totp/Outpost:admin?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Outpost' +
    '&algorithm=SHA1&digits=6&period=30';
  const drawn = (text) =>
    qrMatrix(text)
      .map((row) => row.map(Number).join(''))
      .join('\n');
  const sum = (text) => createHash('sha256').update(drawn(text)).digest('hex').slice(0, 16);
  assert.equal(qrMatrix('hello').length, 21);
  assert.equal(qrMatrix(uri).length, 45);
  assert.equal(sum('hello'), '52a7aa67e7296ede');
  assert.equal(sum(uri), '998f16205d9b1e97');
  assert.throws(() => qrMatrix('x'.repeat(413)), RangeError);
  assert.match(qrPath(qrMatrix('hello')), /^M4 4h1v1h-1z/);
});

test('error_correction_is_that_of_the_standard', () => {
  // The worked example of ISO/IEC 18004, 01234567 in version 1-M.
  const data = [
    0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11,
  ];
  const words = [0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55];
  assert.deepEqual([...correction(data, 10)], words);
});

test('hours_that_nobody_covers_are_those_no_watch_holds', () => {
  let seed = 1;
  const dice = (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  for (let world = 0; world < 2000; world++) {
    const watches = Array.from({ length: dice(6) }, () => {
      const from = dice(30) - 5;
      return { from, to: from + 1 + dice(12) };
    }).sort((a, b) => a.from - b.from);
    const free = [];
    for (let hour = 0; hour < 24; hour++)
      if (!watches.some((w) => w.from <= hour && hour < w.to)) free.push(hour);
    const gaps = time.gapsBetween(watches, 0, 24);
    assert.deepEqual(
      gaps.flatMap((g) => Array.from({ length: g.to - g.from }, (_, i) => g.from + i)),
      free,
    );
    for (let i = 1; i < gaps.length; i++) assert.ok(gaps[i].from > gaps[i - 1].to);
  }
});

test('a_photo_taken_after_the_repair_does_not_stand_as_what_was_found', () => {
  const at = (minute) => `2026-11-26T14:${minute}:00+08:00`;
  const file = (id, minute, party, turns = []) => ({
    ...{ id, media: 'image/jpeg', at: at(minute), party, turns },
  });
  const words = (of) => hazardSides(of).map((s) => [s.word, s.files.map((f) => f.id).join('')]);
  const item = { sender: '1', owner: '2' };
  const files = [file('a', '01', '2'), file('b', '20', '1'), file('c', '20', '2')];
  const story = [{ event: 'raise', at: at('00') }, { event: 'accept', at: at('10') }];
  assert.deepEqual(words({ item, files, story }), [
    ['before', 'ab'],
    ['after', ''],
    ['unshown', 'c'],
  ]);
  files[2].turns = [3];
  assert.deepEqual(words({ item, files, story })[1], ['after', 'c']);
  assert.deepEqual(words({ item, files: [file('d', '20', '2')], story: [] })[0], ['before', 'd']);
});

test('an_appeal_ended_by_what_the_server_says', () => {
  const closed = { state: 'closed' };
  const word = (by, story) => appealOutcome({ ended_by: by }, closed, story)?.word;
  const struck = [{ event: 'cancel' }];
  for (const by of ['lapse', 'end', 'lift', 'overturn']) assert.equal(word(by, struck), by);
  assert.equal(word('lift', [{ event: 'close' }]), 'upheld');
  assert.equal(word('lift', []), 'lift');
  assert.equal(appealOutcome({}, { state: 'open' }, []), null);
  assert.equal(appealOutcome({ ended_by: 'lift' }, undefined), null);
});
