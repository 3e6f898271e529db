// A walk through the real house, step after step, each with its picture in build/console/house.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
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

const PROVINCE = '430000000000000';
const COUNTY = '430802000000000';
const FOLDER = join(ROOT, 'build/console/house');
const NAME = `合成巡查队${Date.now() % 1_000_000}`;
const STEP_S = 30;
const SILENT_S = 130; // two beats of the house and the feed's minute
let server;
let chrome;
let taken = 0;

before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  server = await openServer();
  assert.ok(server.real, 'this walk is for a real server: set OUTPOST_URL');
  chrome = await openBrowser();
});
after(async () => {
  await chrome?.close();
  await server?.close();
});

/** A step of the walk: signed in or not, and nothing may have gone wrong in its page. */
function step(name, account, work, options) {
  test(name, async () => {
    const page = await openPage(chrome.browser, server, options);
    try {
      if (account) await logIn(page, server.accounts[account]);
      await work(page);
      await settle(page);
      const file = `${String(++taken).padStart(2, '0')}-${name}.png`;
      await page.screenshot({ path: join(FOLDER, file) });
      assert.deepEqual(page.wrongs, []);
    } finally {
      await page.context().close();
    }
  });
}
const text = (page, selector) => page.locator(selector).first().innerText();
async function choose(page, id, word) {
  await page.locator(`.el-select__wrapper:has(${id})`).click();
  await page.click(`.el-select-dropdown:visible li:has-text("${word}")`);
}
const newest = (page) => page.locator('tr[data-row] td.first a', { hasText: NAME });

/** RFC 6238 by hand: the six digits of a secret, so many steps from now. */
function digits(secret, steps) {
  const bits = [...secret.replace(/\s/g, '')]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000 / STEP_S) + steps));
  const mac = createHmac('sha1', key).update(count).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

step('a_second_factor_is_set_and_then_asked_for', 'system', async (page) => {
  await go(page, '/me');
  await page.click('.totp button');
  await page.waitForSelector('svg.qr-code path');
  const secret = await text(page, '.secret');
  // The digits of the step before are good for setting; those of now are still unused after it.
  const once = digits(secret, -1);
  await page.fill('#totp-code', once);
  await page.click('.totp button[type=submit]');
  await page.waitForSelector('.me-page .mark.green');
  await page.context().clearCookies();
  await page.goto(`${page.root}/login`);
  await page.fill('[name=login]', server.accounts.system.login);
  await page.fill('[name=password]', server.accounts.system.password);
  await page.click('button[type=submit]');
  await page.fill('[name=totp]', once); // good once
  await page.click('button[type=submit]');
  await page.waitForSelector('[role=alert]');
  await page.fill('[name=totp]', digits(secret, 0));
  await page.click('button[type=submit]');
  await page.waitForSelector('.shell');
});

step('the_language_is_changed_and_stays', 'lead', async (page) => {
  await go(page, '/');
  await page.click('.top .language');
  await page.reload();
  await page.waitForSelector('.shell-rail a:has-text("My desk")');
});

step('initials_find_a_county_and_its_villages_are_three_steps_away', 'lead', async (page) => {
  await go(page, '/');
  await page.keyboard.press('/');
  await page.keyboard.type('yd');
  await page.locator('#area-found li', { hasText: '永定区' }).first().click();
  await page.waitForFunction(() =>
    document.querySelector('.area-picker .last')?.textContent.includes('永定区'),
  );
  await go(page, `/areas/${COUNTY}`);
  for (let down = 0; down < 2; down++) {
    const link = page.locator('.children tr[data-row] a').first();
    const to = await link.getAttribute('href');
    await link.click();
    await page.waitForURL(`**${to}`);
    await page.waitForFunction(
      (code) => document.querySelector('.facts dd')?.textContent.trim() === code,
      to.split('/').pop(),
    );
  }
  assert.match(await text(page, '.area-page > header .mark'), /村/);
});

step('the_map_shows_the_cities_says_who_drew_it_and_leads_into_one', 'lead', async (page) => {
  const answers = [];
  page.on('response', (r) => r.url().includes('/boundary') && answers.push(r));
  await go(page, `/areas/${PROVINCE}`);
  await page.waitForSelector('.area-map canvas');
  assert.match(await text(page, '.area-map figcaption'), /合成示意图.*无审图号/);
  const map = await answers[0].json();
  assert.equal(map.features.length, 14);
  await page.screenshot({ path: join(FOLDER, 'map.png') });
  const box = await page.locator('.area-map canvas').boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height * 0.45);
  await page.waitForURL(/areas\/43\d\d00000000000$/);
});

step('a_hole_in_the_responsibility_is_counted_and_told_by_party', 'lead', async (page) => {
  await go(page, `/responsibility?area=${PROVINCE}`);
  await page.waitForSelector('.matrix .hole');
  const counted = Number(/\d+/.exec(await text(page, '[data-gaps]')));
  const rows = await page.locator('.matrix .holes').allInnerTexts();
  assert.ok(counted > 0);
  assert.equal(
    rows.reduce((n, word) => n + Number(word), 0),
    counted,
  );
  await page.locator('.matrix .hole').first().click();
  await page.waitForSelector('.side-panel .parties .mark.red');
});

step('a_case_shows_its_chain_and_where_its_person_was', 'tracer', async (page) => {
  await go(page, '/n/cases');
  await page.locator('tr[data-row] a', { hasText: 'DEMO-1' }).click();
  await page.waitForSelector('.case-questions li');
  assert.match(await text(page, '.case-questions'), /已提问[\s\S]*场所登记（合成）[\s\S]*2 处/);
  await page.locator('.case-questions').scrollIntoViewIfNeeded();
  await page.screenshot({ path: join(FOLDER, 'question.png') });
  await page.click('.case-tabs button:has-text("到过哪里")');
  await page.click('.case-stays .el-button');
  await page.waitForSelector('.case-stays .track b');
  await page.screenshot({ path: join(FOLDER, 'stays.png') });
  await page.click('.case-tabs button:has-text("传播链")');
  await page.waitForSelector('.case-chain canvas');
  assert.match(await text(page, '.case-chain table'), /DEMO-1[\s\S]*DEMO-2[\s\S]*密切接触/);
});

step('a_decision_shows_how_far_its_tasks_have_come', 'lead', async (page) => {
  await go(page, '/signals');
  await page.locator('tr[data-row] a', { hasText: '会议决定' }).click();
  await page.waitForSelector('.signal-page .way .past');
  assert.match(await text(page, '.signal-page .block header'), /办结 1[\s\S]*共 5 项/);
  assert.equal(await page.locator('.signal-page tr[data-row]').count(), 5);
  await page.screenshot({ path: join(FOLDER, 'decision.png') });
  await go(page, '/accuracy?by=receiver');
  await page.waitForSelector('.accuracy-page td a:has-text("毛头关村")');
});

const ANSWER = '本人有当晚外地住宿凭据，另行核对（合成）';
const appealed = (page, act) => page.locator('.measure-appeal button', { hasText: act });
async function openMeasure(page) {
  await go(page, '/n/measures');
  await page.locator('tr[data-row] td.first a').first().click();
  await page.waitForSelector('.measure-appeal');
}

step('an_appeal_is_filed_taken_up_and_answered', 'tracer', async (page) => {
  await openMeasure(page);
  await page.fill('.measure-appeal textarea', '当晚不在剧场（合成）');
  await appealed(page, '代为提交申诉').click();
  await appealed(page, '受理').click();
  await appealed(page, '写出答复').click();
  await page.fill('.measure-appeal .task-act textarea', ANSWER);
  await page.click('.measure-appeal .task-act .go');
  await page.waitForSelector(`.measure-appeal dd:has-text("${ANSWER}")`);
  assert.match(await text(page, '.measure-appeal'), /等待答复和核定/);
  assert.equal(await appealed(page, '核定').count(), 0); // not by who answered
});

step('it_is_decided_by_another_organisation_above', 'cdc', async (page) => {
  await openMeasure(page);
  await page.waitForSelector(`.measure-appeal dd:has-text("${ANSWER}")`);
  await appealed(page, '核定：维持措施').click();
  await page.click('.measure-appeal .task-act .go');
  await page.waitForSelector('.measure-appeal strong:has-text("维持")');
  assert.equal(await appealed(page, '核定').count(), 0);
});

step('two_records_stand_side_by_side_for_a_reviewer', 'tracer', async (page) => {
  await go(page, '/review');
  await page.waitForSelector('.review tr.differs .mark');
  assert.equal(await page.locator('.review footer .el-button').count(), 3);
});

step('an_emergency_is_approved_by_somebody_of_another_department', 'duty', async (page) => {
  await go(page, '/names/emergency');
  await page.click('.glasses li.open .el-button--primary');
  await page.waitForSelector('.receipt-strip');
  await page.waitForFunction(() => !document.querySelector('.glasses li.open .mark.orange'));
});

step('its_names_are_told_to_who_asked_and_once', 'tracer', async (page) => {
  await go(page, '/names/emergency');
  await page.click('.glasses li.open .el-button--primary');
  await page.waitForSelector('.break-glass .told');
  await page.waitForFunction(() => !document.querySelector('.glasses li.open'));
});

step('a_person_at_the_desk_is_told_who_looked', 'overseer', async (page) => {
  await go(page, '/names/report');
  await page.fill('#report-number', '430802190101010010');
  await page.click('.access-report .el-checkbox');
  await page.click('.access-report button[type=submit]');
  await page.waitForSelector('.look-table tbody tr');
  const told = await text(page, '.told');
  for (const word of ['病例行程', '紧急查看', '演示·流调人员']) assert.ok(told.includes(word), word);
  assert.equal(await page.inputValue('#report-number'), '');
  await go(page, '/expiry');
  assert.match(await text(page, '.calendar'), /销毁/);
});

step('an_organisation_is_made_and_its_receipt_is_true', 'lead', async (page) => {
  await go(page, `/n/organisations/new?area=${PROVINCE}`, '.record-form');
  await page.fill('#f-name', NAME);
  await choose(page, '#f-kind', '企业');
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.receipt-strip');
  const receipt = await text(page, '.receipt-strip code');
  await go(page, '/receipt');
  await page.fill('#receipt-text', receipt);
  await page.click('button[type=submit]');
  await page.waitForSelector('.answer .notice.green');
});

step('it_is_edited_then_suspended_and_its_history_says_so', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}`);
  await newest(page).click();
  await page.waitForSelector('.record .facts');
  await page.click('.side-panel button:has-text("修改")');
  await page.fill('#f-address', '合成路 1 号');
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.receipt-strip');
  await page.locator('.record .events button', { hasText: '停用' }).click();
  await page.click('.record .ask .el-button--primary');
  await page.waitForFunction(
    () => document.querySelectorAll('.record-history .ledger-line:not(.read)').length >= 3,
  );
  assert.match(await text(page, '.side-panel'), /合成路 1 号/);
  for (const word of ['新建', '修改', '停用'])
    assert.ok((await text(page, '.record-history')).includes(word), word);
});

step('a_file_is_matched_tried_and_taken_in_with_its_account', 'lead', async (page) => {
  await go(page, '/import/organisations');
  const rows = [
    '单位名称,类别,值班电话,区域',
    `${NAME}一队,企业,0731-55501234,${PROVINCE}`,
    `${NAME}二队,外星,0731-55501234,${PROVINCE}`,
    `${NAME}一队,企业,0731-55501234,${PROVINCE}`,
  ];
  await page.setInputFiles('input[type=file]', {
    name: '名单.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`\uFEFF${rows.join('\r\n')}\r\n`),
  });
  await page.waitForSelector('.import table');
  await choose(page, '#match-0', '名称');
  await page.waitForFunction(() =>
    /1\s*可接受/.test(document.querySelector('.account')?.textContent || ''),
  );
  assert.match(
    (await text(page, '.account')).replace(/\s+/g, ' '),
    /3 行读入 = 1 可接受 \+ 1 被拒绝 \+ 1 重复/,
  );
  await page.click('.import .el-button--primary');
  await page.waitForSelector('.receipt-strip');
});

step('what_is_on_the_screen_leaves_as_a_file', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}&kind=enterprise`);
  await page.click('button:has-text("导出")');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=CSV 文件')]);
  assert.ok(readFileSync(await file.path(), 'utf8').includes(`${NAME}一队`));
});

step('an_auditor_sees_who_read_whom', 'keeper', async (page) => {
  const reader = await openPage(chrome.browser, server);
  await logIn(reader, server.accounts.lead);
  await go(reader, `/n/officers?area=${PROVINCE}`);
  await reader.locator('tr[data-row="1"] td.first a').click();
  await reader.waitForSelector('.record-history .ledger-line.read');
  assert.match(await text(reader, '.record-history .ledger-line.read'), /演示·省级负责人/);
  await reader.context().close();
  await go(page, `/ledger?area=${PROVINCE}`);
  await page.waitForSelector('.ledger tbody tr');
  assert.match(await text(page, '.ledger tbody'), /查看列表/);
  assert.doesNotMatch(await text(page, '.ledger tbody'), /officer|watch|duty/);
});

step('who_may_not_is_told_so_and_who_can', 'worker', async (page) => {
  await go(page, '/ledger');
  assert.match(await text(page, '.page-state.error'), /没有权限/);
});

step('a_feed_that_never_came_is_a_signal_of_whoever_answers', 'duty', async (page) => {
  await go(page, '/signals?source=silent');
  const row = page.locator('.signals-page tr[data-row] a', { hasText: '密接推送' });
  setAhead(SILENT_S);
  await row.first().waitFor();
  assert.equal(await row.count(), 1);
  await row.first().click();
  await page.waitForSelector('.signal-page .feed-again .mark.red');
  assert.match(await text(page, '.signal-page .feed-again'), /邻市密接推送[\s\S]*至今没有恢复/);
  assert.match(await text(page, '.signal-page .block .facts'), /疾病预防控制中心/);
  await page.route('**/feeds/health', (route) => route.fulfill({ status: 500, body: '{}' }));
  await page.reload();
  await page.waitForSelector('.signal-page .feed-again');
  assert.match(await text(page, '.signal-page .feed-again'), /查不到是否恢复/);
  await page.unroute('**/feeds/health');
});

step(
  'the_same_house_on_a_phone_by_night_in_english',
  'lead',
  async (page) => {
    await go(page, `/areas/${PROVINCE}`);
    await page.waitForSelector('.area-map canvas');
    assert.match(await text(page, '.area-map figcaption'), /no map review number/);
  },
  { width: 360, height: 740, language: 'en', theme: 'dark' },
);
