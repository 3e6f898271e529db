// The loop as three people in three browsers: raised at the county, accepted and proved at the
// cell on a phone that loses its network, checked at the township, closed; and another that climbs
// before their eyes, by a clock that the walk moves. One step after the other, each with its
// picture in build/console/loop.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { auditPage } from './audit.mjs';
import {
  go,
  logIn,
  openBrowser,
  openPage,
  openServer,
  ROOT,
  setAhead,
  settle,
} from './browser.mjs';
import { CELL, client, COUNTY, makeWard, TOWNSHIP } from './ward.mjs';

const FOLDER = join(ROOT, 'build/console/loop');
const RULE = 'close-contact-moved';
const TITLE = '核实合成酒店住客并拍照回传';
const PHONE = { width: 360, height: 740 };
const PHOTO_SIDE = 240;
const MINUTE_S = 60;
let server;
let chrome;
let taken = 0;
const people = {}; // name -> page
let task;
let broken = false;

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  server = await openServer();
  assert.ok(server.real, 'this walk is for a real server: set OUTPOST_URL');
  await makeWard(server.url, server.accounts);
  chrome = await openBrowser();
  for (const [name, size] of [
    ['county', {}],
    ['cell', PHONE],
    ['township', {}],
  ]) {
    people[name] = await openPage(chrome.browser, server, size);
    await people[name].clock.install();
    await logIn(people[name], server.accounts[name]);
  }
});
after(async () => {
  await chrome?.close();
  await server?.close();
});

async function picture(page, name) {
  const file = `${String(++taken).padStart(2, '0')}-${name}.png`;
  await page.screenshot({ path: join(FOLDER, file) });
}
/** A step of one of them; at its end nothing may have gone wrong in their page. */
function step(name, who, work) {
  test(name, async (t) => {
    if (broken) return t.skip('a step before it failed');
    broken = true;
    const page = people[who];
    try {
      await work(page);
      await settle(page);
    } finally {
      await picture(page, name);
    }
    assert.deepEqual(page.wrongs, []);
    assert.deepEqual(await auditPage(page), []);
    broken = false;
    return undefined;
  });
}
/** A photo as a telephone would give it: a scene of our own, as JPEG. */
async function photo(page) {
  const bytes = await page.evaluate(async (side) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const draw = canvas.getContext('2d');
    draw.fillStyle = '#9ab';
    draw.fillRect(0, 0, side, side);
    draw.fillStyle = '#653';
    draw.fillRect(side * 0.2, side * 0.4, side * 0.6, side * 0.5);
    draw.fillStyle = '#dd8';
    for (let i = 0; i < 6; i++) draw.fillRect(side * (0.25 + 0.09 * i), side * 0.5, 12, 20);
    const blob = await new Promise((done) => {
      canvas.toBlob(done, 'image/jpeg', 0.9);
    });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, PHOTO_SIDE);
  return Buffer.from(bytes);
}
const cardOf = (page, title = TITLE) => page.locator('.task-card', { hasText: title });
async function choose(page, id, word) {
  await page.locator(`.el-select__wrapper:has(${id})`).click();
  await page.locator('.el-select-dropdown:visible li', { hasText: word }).first().click();
}
const stored = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        const asked = indexedDB.open('outpost-outbox', 1);
        asked.onsuccess = () => {
          const all = asked.result.transaction('acts').objectStore('acts').getAll();
          all.onsuccess = () => done(all.result.length);
        };
      }),
  );

step('the_county_raises_a_task_with_a_rule_and_its_source', 'county', async (page) => {
  await go(page, `/tasks?area=${COUNTY}`);
  await page.keyboard.press('n');
  await page.fill('#raise-title', TITLE);
  await page.locator('.el-select__wrapper:has(#raise-area)').click();
  await page.keyboard.type('第一网格');
  await page.locator('.el-select-dropdown:visible li', { hasText: '第一网格' }).first().click();
  await choose(page, '#raise-sector', '疫情');
  await choose(page, '#raise-rule', '密切接触者');
  await page.waitForSelector('.task-raise .rule-input dl');
  await page.locator('.task-raise .el-checkbox', { hasText: '照片' }).click();
  await picture(page, 'the_form_says_who_gives_the_rule');
  await page.click('.task-raise button[type=submit]');
  await page.waitForSelector('.task-detail .story-line');
  task = new URL(page.url()).searchParams.get('open');
  assert.match(task, /^\d+$/);
  assert.match(await page.locator('.task-detail .facts').innerText(), /第一网格合成酒店/);
  await page.waitForSelector('.receipt-strip');
});

step('the_cell_finds_it_on_the_phone_and_accepts_it_with_one_thumb', 'cell', async (page) => {
  await go(page, '/inbox');
  const big = cardOf(page).locator('.big');
  assert.ok((await big.boundingBox()).height >= 44);
  await big.click();
  await page.waitForSelector('.receipt-strip');
  await cardOf(page).locator('.big', { hasText: '拍照并完成' }).waitFor();
});

step('without_a_network_the_proof_waits_on_the_phone', 'cell', async (page) => {
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await page.waitForFunction(async () => Boolean(await caches.match('/')));
  await settle(page);
  await page.context().setOffline(true);
  await cardOf(page).locator('.big').click();
  const act = cardOf(page).locator('.task-act');
  assert.ok(await act.locator('.go').isDisabled());
  await act.locator('textarea').fill('已逐间核实，住客 12 人。');
  assert.ok(await act.locator('.go').isDisabled());
  await act
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await photo(page) });
  await picture(page, 'the_proof_as_it_is_written');
  await act.locator('.go').click();
  await page.waitForSelector('.outbox-strip h2:has-text("1 件待发送")');
  await cardOf(page).locator('.pending').waitFor();
});

test('it_survives_that_the_phone_closes_the_page', async () => {
  const page = people.cell;
  await page.reload();
  await page.waitForSelector('.unknown .notice');
  await picture(page, 'the_page_opens_without_a_network_and_says_what_waits');
  assert.equal(await stored(page), 1);
});

step('with_the_network_it_is_sent_once_and_its_receipt_shown', 'cell', async (page) => {
  const sent = [];
  page.on('request', (r) => r.url().endsWith('/do/prove') && sent.push(r.postData()));
  await page.context().setOffline(false);
  await page.waitForSelector('.outbox-strip .receipt-strip');
  assert.match(await page.locator('.receipt-strip').innerText(), /第 \d+ 号.*签名头/s);
  assert.equal(new Set(sent).size, 1);
  assert.equal(await stored(page), 0);
  const cell = await client(server.url, server.accounts.cell);
  const { item, story, files } = await cell('GET', `/tasks/${task}`);
  assert.equal(item.state, 'proved');
  assert.equal(story.filter((s) => s.event === 'prove').length, 1);
  assert.equal(files.length, 1);
});

step('the_cell_cannot_check_its_own_work', 'cell', async (page) => {
  await go(page, `/tasks/${task}`);
  await page.waitForSelector('.task-detail .story-line');
  assert.equal(await page.locator('.task-detail .acts').count(), 0);
});

step('the_township_looks_at_the_photo_and_closes_it', 'township', async (page) => {
  await go(page, '/inbox?view=check');
  await cardOf(page).locator('.big').click();
  await page.waitForFunction(() => {
    const image = document.querySelector('.task-evidence img');
    return image?.complete && image.naturalWidth > 0;
  });
  await picture(page, 'the_proof_as_the_checker_sees_it');
  await page.locator('.task-detail .acts button', { hasText: '核查通过' }).click();
  await page.locator('.task-act .go').click();
  await page.waitForSelector('.task-detail .receipt-strip');
  await page.waitForSelector('.task-detail .head .mark.green');
});

step('the_county_reads_the_whole_story', 'county', async (page) => {
  await go(page, `/tasks/${task}`);
  await page.waitForFunction(() => document.querySelectorAll('.story-line').length >= 4);
  const story = await page.locator('.story').innerText();
  for (const word of ['交办', '接单', '提交凭证', '核查通过', '已逐间核实'])
    assert.ok(story.includes(word), word);
  assert.match(await page.locator('.head .mark').first().innerText(), /办结/);
});

const CLIMBS = '清理合成酒店消防通道';
let ahead = 0; // minutes
/** The clock of the house and those of its people go on, all at once. */
async function pass(minutes) {
  ahead += minutes;
  setAhead(ahead * MINUTE_S);
  for (const page of Object.values(people)) await page.clock.fastForward(minutes * MINUTE_S * 1000);
}

step('another_climbs_before_their_eyes', 'county', async (page) => {
  const { county, cell, township } = people;
  const rowOf = (one) => one.locator('.clocks-page tr[data-row]', { hasText: CLIMBS });
  await go(county, `/clocks?area=${COUNTY}`);
  assert.equal(await rowOf(county).count(), 0);
  const ask = await client(server.url, server.accounts.county);
  const order = { area: CELL, sector: 'fire', rule: RULE, title: CLIMBS, needs: ['text'] };
  await ask('POST', '/tasks', order);
  await go(township, `/clocks?area=${TOWNSHIP}`);
  await go(cell, '/inbox');
  await cardOf(cell, CLIMBS).locator('.task-clock').waitFor();
  assert.equal(await cardOf(cell, CLIMBS).locator('.late').count(), 0);
  // To be accepted within 15 minutes; half an hour later it is told one level higher.
  for (const [level, minutes] of [[1, 16], [2, 30]]) {
    await pass(minutes);
    // Told, not asked for: the office, the phone and the township each see it climb.
    for (const place of [rowOf(county), cardOf(cell, CLIMBS), rowOf(township)]) {
      await place.locator('.task-clock.late .level', { hasText: String(level) }).first().waitFor();
    }
    await picture(county, `level_${level}_at_the_county`);
    await picture(cell, `level_${level}_on_the_phone`);
  }
});

step('many_at_once_are_refused_each_with_its_reason', 'county', async (page) => {
  await go(page, `/tasks?area=${COUNTY}`);
  await page.locator('.el-checkbox.pick').first().waitFor();
  for (const box of await page.locator('.el-checkbox.pick').all()) await box.click();
  await choose(page, '#many-event', '撤销');
  await page.fill('#many-reason', '合成：重复交办');
  await page.click('.task-many button[type=submit]');
  await page.waitForSelector('.task-many .refusals li');
  assert.match(await page.locator('.task-many .refusals').innerText(), /状态不允许/);
});

test('a_draft_goes_with_the_log_out', async () => {
  const page = people.cell;
  await go(page, '/inbox');
  const card = cardOf(page, '清理合成酒店消防通道');
  await card.locator('.big').click();
  await card.locator('.big', { hasText: '提交' }).click();
  await card.locator('textarea').fill('还没有写完');
  await page.waitForTimeout(600); // a draft is kept when one stops typing
  assert.equal(await stored(page), 1);
  await page.click('.top .me');
  await page.click('.el-dropdown-menu__item:has-text("退出登录")');
  await page.waitForSelector('.door');
  assert.equal(await stored(page), 0);
  assert.deepEqual(page.wrongs, []);
});
