// What people do with the console, done in a browser: against the mock, or against the server
// that OUTPOST_URL names (accounts in OUTPOST_ACCOUNTS). Long because a test is a sentence and
// there are many.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { auditPage, focusOrder } from './audit.mjs';
import { go, logIn, openBrowser, openPage, openServer, settle } from './browser.mjs';

const PROVINCE = '430000000000000';
let server;
let chrome;

before(async () => {
  server = await openServer();
  chrome = await openBrowser();
});
after(async () => {
  await chrome?.close();
  await server?.close();
});

/** A test with a page of its own, signed in; nothing may have gone wrong in it at the end. */
function scene(name, account, work, options = {}) {
  test(name, async (t) => {
    if (account && !server.accounts[account]) return t.skip(`no account "${account}" here`);
    const page = await openPage(chrome.browser, server, options);
    try {
      if (account) await logIn(page, server.accounts[account]);
      await work(page, t);
      assert.deepEqual(page.wrongs, []);
    } finally {
      await page.context().close();
    }
    return undefined;
  });
}
const text = (page, selector) => page.locator(selector).first().innerText();
async function choose(page, id, word) {
  await page.locator(`.el-select__wrapper:has(${id})`).click();
  await page.click(`.el-select-dropdown:visible li:has-text("${word}")`);
}
/** What is drawn some frames after it was asked for, and may be drawn anew meanwhile. */
async function becomes(page, read, want) {
  const late = Date.now() + 10_000;
  let is = await read();
  while (!isDeepStrictEqual(is, want) && Date.now() < late) {
    await page.evaluate(() => new Promise(requestAnimationFrame));
    is = await read();
  }
  assert.deepEqual(is, want);
}
const names = async (page) => page.locator('tr[data-row] td.first').allInnerTexts();

// ---- the door ----

scene('every_refused_log_in_says_the_same', null, async (page) => {
  await page.goto(`${page.root}/login`);
  const said = [];
  for (const [login, password] of [
    ['nobody', 'x'.repeat(12)],
    [server.accounts.lead.login, 'wrong-password-1'],
  ]) {
    await page.fill('[name=login]', login);
    await page.fill('[name=password]', password);
    await page.click('button[type=submit]');
    await page.waitForSelector('[role=alert]');
    said.push(await text(page, '[role=alert] p'));
    await page.reload();
  }
  assert.equal(said[0], said[1]);
});

scene('the_second_factor_is_asked_for_when_it_is_all_that_lacks', null, async (page, t) => {
  if (!server.accounts.second) return t.skip('no account with a second factor here');
  await page.goto(`${page.root}/login`);
  await page.fill('[name=login]', server.accounts.second.login);
  await page.fill('[name=password]', server.accounts.second.password);
  assert.equal(await page.locator('[name=totp]').count(), 0);
  await page.click('button[type=submit]');
  await page.fill('[name=totp]', '123456');
  await page.click('button[type=submit]');
  await page.waitForSelector('.shell');
  return undefined;
});

scene('a_password_for_once_must_be_changed_before_anything_else', null, async (page, t) => {
  if (!server.accounts.fresh) return t.skip('no account with a one-time password here');
  const { login, password } = server.accounts.fresh;
  await page.goto(`${page.root}/login`);
  await page.fill('[name=login]', login);
  await page.fill('[name=password]', password);
  await page.click('button[type=submit]');
  await page.waitForSelector('#password-new');
  await page.goto(`${page.root}/duty`);
  await page.waitForSelector('#password-old, [name=login]');
  await page.fill('#password-old', password);
  await page.fill('#password-new', 'a-new-long-password');
  await page.fill('#password-twice', 'a-new-long-passwort');
  assert.ok(await page.locator('button[type=submit]').isDisabled());
  await page.fill('#password-twice', 'a-new-long-password');
  await page.click('button[type=submit]');
  await page.waitForSelector('.shell');
  return undefined;
});

scene('log_in_leads_to_the_page_that_was_wanted', null, async (page) => {
  await page.goto(`${page.root}/duty`);
  await page.waitForSelector('.door');
  await page.fill('[name=login]', server.accounts.lead.login);
  await page.fill('[name=password]', server.accounts.lead.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.duty');
});

// ---- the shell ----

scene('the_rail_has_at_most_eight_ways_and_only_those_one_may_go', 'worker', async (page) => {
  await go(page, '/');
  await page.waitForSelector('.shell-rail a');
  const all = await page.locator('.shell-rail li').allInnerTexts();
  assert.ok(all.length >= 4 && all.length <= 8, String(all));
  assert.ok(!all.some((word) => /账号|账本/.test(word)), String(all));
  await go(page, '/ledger');
  assert.match(await text(page, '.page-state.error'), /没有权限/);
});

scene('an_area_is_found_by_two_characters_initials_and_keyboard', 'lead', async (page) => {
  await go(page, '/');
  await page.keyboard.press('/');
  await page.keyboard.type('张家界');
  await page.waitForSelector('#area-found li');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() =>
    document.querySelector('.area-picker .last')?.textContent.includes('张家界'),
  );
  await page.keyboard.press('/');
  await page.keyboard.type('zjj');
  await page.waitForFunction(() =>
    /张家界/.test(document.querySelector('#area-found li')?.textContent || ''),
  );
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#area-found').count(), 0);
});

scene('hunan_is_walked_from_province_to_village', 'lead', async (page) => {
  await go(page, `/areas/${PROVINCE}`);
  await page.waitForSelector('.area-map canvas, .area-map.none');
  for (let step = 0; step < 4; step++) {
    await page.waitForSelector('.children tr[data-row] a');
    const to = await page.locator('.children tr[data-row] a').first().getAttribute('href');
    await page.locator('.children tr[data-row] a').first().click();
    await page.waitForURL(`**${to}`);
    await page.waitForFunction(
      (code) =>
        document.querySelector('.area-page .code')?.textContent &&
        document.querySelector('.facts dd')?.textContent.trim() === code,
      to.split('/').pop(),
    );
  }
  assert.match(await text(page, '.area-page > header .mark'), /村/);
  assert.match(await text(page, '.children'), /没有区域/);
});

scene('the_language_changes_at_once_and_is_kept', 'lead', async (page) => {
  await go(page, '/');
  await page.click('.top .language');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.match(await text(page, '.shell-rail'), /My desk/);
  await page.reload();
  await page.waitForSelector('.shell-rail a');
  assert.match(await text(page, '.shell-rail'), /My desk/);
});

// ---- responsibility and duty ----

scene('a_hole_is_framed_worded_and_counted', 'lead', async (page) => {
  await go(page, `/responsibility?area=${PROVINCE}`);
  await page.waitForSelector('.matrix tbody tr');
  const counted = Number(/\d+/.exec(await text(page, '[data-gaps]')));
  const rows = await page.locator('.matrix .holes').allInnerTexts();
  assert.equal(
    rows.reduce((n, word) => n + Number(word), 0),
    counted,
  );
  if (counted) assert.match(await text(page, '.matrix .hole'), /缺/);
});

scene('the_name_in_charge_is_two_clicks_from_the_province', 'lead', async (page) => {
  await go(page, `/areas/${PROVINCE}`);
  await page.click('.area-page > header button:has-text("责任体系")');
  await page.waitForSelector('.matrix td .cell');
  await page.locator('.matrix td .cell:not(.hole)').first().click();
  await page.waitForSelector('.side-panel .parties');
  assert.match(
    await page.locator('.side-panel a[href^="tel:"]').first().getAttribute('href'),
    /^tel:\+?\d{5,}/,
  );
});

scene('who_is_on_duty_now_is_said_with_a_telephone', 'lead', async (page) => {
  await go(page, `/duty?area=${PROVINCE}`);
  await page.waitForSelector('.duty .now li a[href^="tel:"], .duty .now .mark.red');
  const week = await text(page, '.duty header .nowrap');
  await page.click('[aria-label="上一周"]');
  await page.waitForFunction(
    (before_) => document.querySelector('.duty header .nowrap').textContent !== before_,
    week,
  );
  assert.match(page.url(), /week=\d{4}-\d\d-\d\d/);
});

scene('hours_that_nobody_covers_are_told_within_the_day', 'lead', async (page) => {
  await go(page, '/duty?area=430800000000000');
  await page.waitForSelector('.duty .week td');
  const row = page.locator('.duty .week tbody tr', { has: page.locator('.mark.red') }).first();
  const told = Number(/(\d+)/.exec(await row.locator('.uncovered').innerText())[1]);
  let hours = 0;
  for (const word of await row.locator('.mark.red').allInnerTexts()) {
    const span = /(\d\d):00–(\d\d):00/.exec(word);
    hours += span ? Number(span[2]) - Number(span[1]) : 24;
  }
  assert.ok(told > 0);
  assert.equal(hours, told);
});

// ---- lists ----

scene('a_filter_stands_in_the_address_and_survives_it', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}&kind=government`);
  const first = await names(page);
  assert.ok(first.length > 0);
  assert.match(await text(page, '.filter-bar'), /政府部门/);
  await page.click('.chip [aria-label="去掉条件：类别"]');
  await page.waitForFunction(() => !window.location.search.includes('kind'));
  await settle(page);
  assert.notDeepEqual(await names(page), first);
});

scene('a_name_of_a_person_never_stands_in_the_address', 'lead', async (page) => {
  await go(page, `/n/officers?area=${PROVINCE}`);
  const [some] = await names(page);
  await page.fill('.filter-bar .q input', some.slice(0, 2));
  await page.waitForFunction(
    (word) =>
      [...document.querySelectorAll('tr[data-row] td.first')].every((cell) =>
        cell.textContent.includes(word),
      ),
    some.slice(0, 2),
  );
  assert.ok(!decodeURIComponent(page.url()).includes(some.slice(0, 2)), page.url());
});

scene('more_rows_come_when_asked_and_none_twice', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}`);
  const first = (await names(page)).length;
  await page.click('.list-page .tail button');
  await page.waitForFunction(
    (n) => /\d+/.exec(document.querySelector('.tail').textContent)[0] > n,
    first,
  );
  await settle(page);
  const links = await page
    .locator('tr[data-row] td.first a')
    .evaluateAll((all) => all.map((a) => a.href));
  assert.equal(new Set(links).size, links.length);
  assert.ok(links.length > first);
});

scene('arrows_move_enter_opens_escape_comes_back', 'lead', async (page) => {
  await go(page, `/n/officers?area=${PROVINCE}`);
  await page.locator('tr[data-row="0"] td.first a').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  const row = await page.evaluate(() => document.activeElement.closest('tr').dataset.row);
  assert.equal(row, '1');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.side-panel .facts');
  const one = await text(page, '.side-panel h2');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction((was) => {
    const now = document.querySelector('.side-panel h2')?.textContent;
    return now && now !== was;
  }, one);
  await page.keyboard.press('Escape');
  await page.waitForSelector('.side-panel', { state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.closest('tr')?.dataset.row === '2');
});

scene('a_filter_is_saved_under_a_name_and_is_an_address', 'lead', async (page) => {
  const name = `筛选${Date.now() % 1_000_000}`;
  const narrowed = `/n/organisations?area=${PROVINCE}&state=active&kind=government`;
  await go(page, narrowed);
  const found = await names(page);
  await page.click('.filter-bar button:has-text("已存筛选")');
  await page.fill('.saved-filters input', name);
  await page.keyboard.press('Enter');
  const link = page.locator('.saved-filters li a', { hasText: name });
  await link.waitFor();
  await go(page, `/n/organisations?area=${PROVINCE}`);
  await page.click('.filter-bar button:has-text("已存筛选")');
  await link.click();
  await page.waitForURL(`**${narrowed}`);
  await settle(page);
  assert.deepEqual(await names(page), found);
  await page.locator('.saved-filters li', { hasText: name }).locator('button').click();
  await link.waitFor({ state: 'detached' });
  await page.reload();
  await page.click('.filter-bar button:has-text("已存筛选")');
  await page.waitForSelector('.saved-filters form');
  assert.equal(await link.count(), 0);
});

scene('columns_are_chosen_and_stay_chosen', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}`);
  await page.click('.filter-bar button:has-text("列")');
  await page.locator('.column-chooser label:has-text("地址")').click();
  await page.waitForSelector('th:has-text("地址")');
  await page.reload();
  await page.waitForSelector('th:has-text("地址")');
});

scene('what_is_on_the_screen_is_exported', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}&kind=cdc`);
  await page.click('button:has-text("导出")');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=CSV 文件')]);
  const content = readFileSync(await file.path(), 'utf8');
  assert.match(file.suggestedFilename(), /^organisations-\d{4}-\d\d-\d\d\.csv$/);
  const [first] = await names(page);
  assert.ok(content.includes(first));
});

scene('a_column_goes_where_it_is_dragged_or_stepped_and_stays', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}`);
  const heads = () => page.locator('.data-table th').allInnerTexts();
  const before_ = await heads();
  await page.locator('.data-table th').nth(3).dragTo(page.locator('.data-table th').nth(1));
  const moved = [before_[0], before_[3], before_[1], before_[2], ...before_.slice(4)];
  const back = [before_[0], before_[1], before_[3], before_[2], ...before_.slice(4)];
  await becomes(page, heads, moved);
  await page.reload();
  await becomes(page, heads, moved);
  await settle(page);
  await page.click('.filter-bar button:has-text("列")');
  await page.locator('.column-chooser').waitFor();
  await settle(page); // what opens takes the focus to itself, and then it is ours
  await page.locator('.column-chooser input').nth(1).focus();
  await page.keyboard.press('Alt+ArrowDown');
  await becomes(page, heads, back);
  await page.keyboard.press('Alt+ArrowDown');
  await becomes(page, heads, before_);
  await page.keyboard.press('Alt+ArrowUp');
  await becomes(page, heads, back);
});

// ---- forms ----

const FORM = `/n/organisations/new?area=${PROVINCE}`;
async function fillForm(page, name) {
  await go(page, FORM, '.record-form');
  await page.fill('#f-name', name);
  await choose(page, '#f-kind', '企业');
}

scene('a_refusal_of_the_server_stands_beside_its_field', 'lead', async (page) => {
  await fillForm(page, '某');
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('#e-name');
  assert.match(await text(page, '#e-name'), /\p{Script=Han}/u);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'f-name');
  await page.click('.top .language');
  assert.match(await text(page, '#e-name'), /[a-z]/);
  assert.doesNotMatch(await text(page, '#e-name'), /\p{Script=Han}{4}/u);
});

scene('a_draft_survives_a_reload', 'lead', async (page) => {
  await fillForm(page, '合成草稿单位');
  await page.reload();
  await page.waitForSelector('.record-form');
  assert.equal(await page.inputValue('#f-name'), '合成草稿单位');
  await page.click('text=不要了');
  await page.waitForSelector('.record-form', { state: 'detached' });
});

scene('a_lost_answer_is_sent_again_and_done_once', 'lead', async (page) => {
  const name = `合成单位${Date.now() % 1_000_000}`;
  await fillForm(page, name);
  const keys = [];
  await page.route('**/api/v1/organisations', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    keys.push(route.request().headers()['idempotency-key']);
    const answer = await route.fetch();
    if (keys.length === 1) return route.abort();
    return route.fulfill({ response: answer });
  });
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.record-form [role=alert]');
  assert.ok(await page.locator('#f-name').isDisabled());
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.receipt-strip');
  assert.equal(keys[0], keys[1]);
  await go(page, `/n/organisations?area=${PROVINCE}&q=${encodeURIComponent(name)}`);
  assert.deepEqual(
    (await names(page)).filter((n) => n === name),
    [name],
  );
});

scene('a_receipt_is_given_and_proves_true_and_a_forged_one_false', 'lead', async (page) => {
  await fillForm(page, `合成回执${Date.now() % 1_000_000}`);
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.receipt-strip');
  const receipt = await text(page, '.receipt-strip code');
  await go(page, '/receipt');
  await page.fill('#receipt-text', receipt);
  await page.click('button[type=submit]');
  await page.waitForSelector('.answer .notice.green');
  await page.fill(
    '#receipt-text',
    receipt.slice(0, -4) + (receipt.endsWith('aaaa') ? 'bbbb' : 'aaaa'),
  );
  await page.click('button[type=submit]');
  await page.waitForSelector('.answer .notice.red, .page-state.error');
});

scene('an_event_is_asked_once_more_done_and_seen_in_the_history', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}&state=active`);
  await page.locator('tr[data-row="2"] td.first a').click();
  await page.waitForSelector('.record .events button');
  const word = await text(page, '.record .events button');
  await page.locator('.record .events button').first().click();
  await page.click('.record .ask .el-button--primary');
  await page.waitForSelector('.receipt-strip');
  await page.waitForFunction(
    (what) => document.querySelector('.record-history')?.textContent.includes(what),
    word,
  );
});

scene('who_read_a_person_is_told', 'lead', async (page) => {
  await go(page, `/n/officers?area=${PROVINCE}`);
  await page.locator('tr[data-row="1"] td.first a').click();
  await page.waitForSelector('.record-history .ledger-line');
  await page.click('.record-history button:has-text("查阅")');
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.record-history .ledger-line')].every((line) =>
      line.classList.contains('read'),
    ),
  );
});

scene('an_edit_over_a_newer_version_is_refused_with_a_sentence', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}&kind=cdc`);
  await page.locator('tr[data-row="4"] td.first a').click();
  await page.waitForSelector('.record .facts');
  await page.click('button:has-text("修改")');
  await page.fill('#f-address', `甲路 ${Date.now()}`);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.waitForSelector('.record .facts');
  await other.click('button:has-text("修改")');
  await other.fill('#f-address', `乙路 ${Date.now()}`);
  await other.click('.record-form button[type=submit]');
  await other.waitForSelector('.receipt-strip');
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.record-form [role=alert]');
  assert.match(await page.inputValue('#f-address'), /甲路/);
});

scene('the_session_ends_under_a_form_and_nothing_is_lost', 'lead', async (page) => {
  const name = `合成会话${Date.now() % 1_000_000}`;
  await fillForm(page, name);
  await page.context().clearCookies();
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.session-ended');
  await page.fill('.session-ended [name=password]', server.accounts.lead.password);
  await page.click('.session-ended button[type=submit]');
  await page.waitForSelector('.receipt-strip');
  assert.equal(await text(page, '.side-panel h2'), name);
});

scene('without_a_network_the_page_says_so_and_comes_back_by_itself', 'lead', async (page) => {
  await go(page, `/n/organisations?area=${PROVINCE}`);
  await page.context().setOffline(true);
  await page.click('.shell-rail a:has-text("值班")').catch(() => {});
  await page.waitForSelector('.strip.offline');
  await page.context().setOffline(false);
  await page.waitForSelector('.strip.offline', { state: 'detached' });
});

// ---- files ----

scene('a_file_is_matched_tried_committed_and_accounted_for', 'lead', async (page) => {
  await go(page, '/import/organisations');
  const mark = Date.now() % 1_000_000;
  const rows = [
    '单位名称,类别,值班电话,区域',
    `合成导入甲${mark},企业,0731-55501234,${PROVINCE}`,
    `合成导入乙${mark},外星,0731-55501234,${PROVINCE}`,
    `合成导入甲${mark},企业,0731-55501234,${PROVINCE}`,
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
  const [refused] = await Promise.all([
    page.waitForEvent('download'),
    page.click('button:has-text("下载被拒绝的行")'),
  ]);
  assert.match(readFileSync(await refused.path(), 'utf8'), new RegExp(`合成导入乙${mark}`));
  await page.click('.import .el-button--primary');
  await page.waitForSelector('.receipt-strip');
});

// ---- accounts, ledger, me ----

scene('two_admin_roles_are_not_granted_and_one_is', 'lead', async (page, t) => {
  if (server.real) return t.skip('changes the rights of a demo account');
  await go(page, `/n/accounts?area=${PROVINCE}`);
  await page.locator('tr[data-row] td.first a', { hasText: '合成用户乙' }).click();
  await page.click('.account-rights button:has-text("授予")');
  await choose(page, '#rights-roles', '系统管理员');
  await page.click('.el-select-dropdown:visible li:has-text("审计员")');
  await page.keyboard.press('Escape');
  await page.click('.account-rights button[type=submit]');
  await page.waitForSelector('.account-rights [role=alert]');
  await page.locator('.account-rights .el-tag:has-text("审计员") .el-tag__close').click();
  await page.click('.account-rights button[type=submit]');
  await page.waitForSelector('.receipt-strip');
  assert.match(await text(page, '.account-rights .facts'), /网格员、系统管理员/);
  return undefined;
});

scene('who_makes_an_account_is_told_its_password_once', 'maker', async (page) => {
  const login = `made${Date.now() % 1_000_000}`;
  await go(page, '/n/accounts/new');
  await page.fill('#f-login', login);
  await page.fill('#f-name', '合成·新账号');
  await choose(page, '#f-language', '中文');
  await page.click('.record-form button[type=submit]');
  await page.waitForSelector('.once-password .secret');
  assert.match(await text(page, '.once-password'), new RegExp(login));
  const told = await page.locator('.once-password .secret').nth(1).innerText();
  assert.ok(told.length >= 12, told);
  await page.click('.record .events button:has-text("停用")');
  await page.click('.record [role=alertdialog] .el-button--primary');
  await page.waitForSelector('.record .events button:has-text("恢复")');
  await page.reload();
  await page.waitForSelector('.record .facts');
  assert.ok(!(await page.content()).includes(told));
});

scene('a_county_reads_what_lies_right_above_it_and_changes_nothing', 'worker', async (page) => {
  await go(page, '/n/organisations');
  const own = await names(page);
  await page.click('.filter-bar button:has-text("连同上级")');
  await page.waitForURL('**above=1**');
  await page.waitForFunction(
    (n) => document.querySelectorAll('tr[data-row]').length > n,
    own.length,
  );
  const above = (await names(page)).find((name) => !own.includes(name));
  await page.locator('tr[data-row] td.first a', { hasText: above }).first().click();
  await page.waitForSelector('.record .facts');
  assert.equal(await page.locator('.record .events, .record .record-history').count(), 0);
  assert.match(await text(page, '.record'), /上级的记录/);
});

scene('one_sees_ones_other_log_ins_and_ends_them', 'worker', async (page, t) => {
  const other = await openPage(chrome.browser, server);
  t.after(() => other.context().close());
  await logIn(other, server.accounts.worker);
  await go(page, '/me');
  await page.waitForSelector('.my-sessions li .mark.green');
  assert.equal(await page.locator('.my-sessions li .mark.green').count(), 1);
  await page.click('.my-sessions > header button');
  await page.waitForFunction(() => document.querySelectorAll('.my-sessions li').length === 1);
  await other.goto(`${other.root}/me`);
  await other.waitForSelector('.door');
});

scene('the_ledger_and_its_heads_are_lists_with_doors', 'keeper', async (page) => {
  await go(page, `/ledger?area=${PROVINCE}`);
  await page.waitForSelector('.ledger tbody tr');
  await page.click('.ledger .tabs a:has-text("签名头")');
  await page.waitForFunction(() => window.location.search.includes('heads'));
  await settle(page);
});

scene('a_second_factor_is_turned_on_with_a_code_drawn_here', 'keeper', async (page) => {
  await go(page, '/me');
  await page.click('.totp button');
  await page.waitForSelector('svg.qr-code path');
  assert.match(await text(page, '.secret'), /^([A-Z2-7]{4} ?)+/);
  if (server.real) return;
  await page.fill('#totp-code', '000000');
  await page.click('.totp button[type=submit]');
  await page.waitForSelector('.totp [role=alert]');
  await page.fill('#totp-code', '123456');
  await page.click('.totp button[type=submit]');
  await page.waitForSelector('.me-page .mark.green');
});

scene('two_tabs_share_one_stream_and_both_hear', 'lead', async (page) => {
  const other = await page.context().newPage();
  const streams = [];
  for (const p of [page, other])
    p.on('request', (r) => r.url().endsWith('/live') && streams.push(r));
  await other.goto(`${page.root}/n/organisations?area=${PROVINCE}`);
  await page.goto(`${page.root}/n/organisations?area=${PROVINCE}`);
  await other.waitForSelector('tr[data-row]');
  await page.waitForSelector('tr[data-row]');
  assert.equal(await page.evaluate(() => navigator.locks.query().then((q) => q.held.length)), 1);
  const third = await page.context().newPage();
  third.root = page.root;
  await fillForm(third, `合成消息${Date.now() % 1_000_000}`);
  await third.click('.record-form button[type=submit]');
  await third.waitForSelector('.receipt-strip');
  await page.waitForSelector('.fresh');
  await other.waitForSelector('.fresh');
});

scene('an_error_says_what_where_and_what_to_do', 'lead', async (page) => {
  await page.route('**/api/v1/organisations?*', (route) =>
    route.fulfill({
      status: 500,
      contentType: 'application/json',
      body: JSON.stringify({
        code: 'bug',
        message_zh: '库读不出来。',
        message_en: 'The database cannot be read.',
        where: 'db.read',
      }),
    }),
  );
  await go(page, `/n/organisations?area=${PROVINCE}`);
  const said = await text(page, '.page-state.error');
  for (const word of ['服务器出错', '库读不出来', 'db.read', '重试'])
    assert.ok(said.includes(word), said);
  await page.unroute('**/api/v1/organisations?*');
  await page.click('.page-state.error button');
  await page.waitForSelector('tr[data-row]');
});

scene('waiting_shows_a_skeleton_only_after_a_moment', 'lead', async (page) => {
  let free;
  const held = new Promise((go_) => {
    free = go_;
  });
  await page.route('**/api/v1/organisations?*', async (route) => {
    await held;
    await route.fallback();
  });
  await page.goto(`${page.root}/n/organisations?area=${PROVINCE}`);
  await page.waitForSelector('.skeleton');
  free();
  await page.waitForSelector('tr[data-row]');
  assert.equal(await page.locator('.skeleton').count(), 0);
});

scene('what_is_unknown_and_what_is_forbidden_look_the_same', 'worker', async (page) => {
  const said = [];
  for (const id of ['1', '1843200000000001']) {
    await go(page, `/n/officers/${id}`, '.side-panel .page-state');
    said.push((await text(page, '.side-panel .page-state')).replace(/\d{5,}|\/1/g, ''));
  }
  assert.equal(said[0], said[1]);
});

// ---- for everybody ----

const PAGES = [
  '/',
  `/areas/${PROVINCE}`,
  `/responsibility?area=${PROVINCE}`,
  `/duty?area=${PROVINCE}`,
  '/n',
  `/n/organisations?area=${PROVINCE}`,
  FORM,
  '/import/organisations',
  '/n/accounts',
  '/ledger',
  '/receipt',
  '/me',
];

for (const [name, options] of Object.entries({
  labels_roles_contrast_and_focus_in_light: {},
  labels_roles_and_contrast_in_the_dark_in_english: { theme: 'dark', language: 'en' },
  labels_roles_and_contrast_on_a_phone: { width: 360, height: 740 },
})) {
  scene(
    name,
    'lead',
    async (page) => {
      for (const path of PAGES) {
        await go(page, path, 'main h1');
        await page.mouse.move(0, 0);
        assert.deepEqual(await auditPage(page), [], path);
        if (name.includes('focus')) assert.deepEqual(await focusOrder(page), [], path);
      }
    },
    options,
  );
}

scene(
  'on_a_phone_the_rail_is_behind_a_button',
  'lead',
  async (page) => {
    await go(page, '/');
    assert.ok(!(await page.locator('.shell-rail').isVisible()));
    await page.click('.top .menu');
    await page.click('.shell-rail a:has-text("值班")');
    await page.waitForSelector('.duty');
    assert.ok(!(await page.locator('.shell-rail').isVisible()));
  },
  { width: 360, height: 740 },
);

scene(
  'on_the_wall_menus_open_where_they_belong_and_the_map_knows_the_pointer',
  'lead',
  async (page) => {
    await go(page, FORM, '.record-form');
    const control = page.locator('.el-select__wrapper:has(#f-kind)');
    await control.click();
    const menu = page.locator('.el-select-dropdown:visible');
    await menu.waitFor();
    await settle(page);
    const [a, b] = [await control.boundingBox(), await menu.boundingBox()];
    assert.ok(
      Math.abs(a.x - b.x) < 30 && Math.abs(b.y - a.y - a.height) < 40,
      JSON.stringify([a, b]),
    );
    await go(page, `/areas/${PROVINCE}`);
    if ((await page.locator('.area-map canvas').count()) === 0) return;
    const box = await page.locator('.area-map canvas').boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height * 0.3);
    await page.waitForURL(/areas\/43\d\d00000000000$/);
  },
  { width: 3840, height: 2160 },
);

scene(
  'on_a_phone_one_button_says_that_one_has_heard_and_the_bell_counts_down',
  'worker',
  async (page) => {
    if (server.real) return; // nobody has been told anything there
    await go(page, '/');
    await page.click('.notice-bell:has-text("2")');
    await page.waitForSelector('.told-card.asked');
    assert.equal(await page.locator('.told-card').count(), 2); // what wants an answer comes first
    const button = page.locator('.told-card.asked button:has-text("收到")').first();
    assert.ok((await button.boundingBox()).height >= 44);
    await button.click();
    await page.waitForSelector('.receipt-strip');
    await page.waitForSelector('.notice-bell:has-text("1")');
    await page.click('.notices .tabs button:has-text("叫应")');
    assert.match(await page.locator('.told-board a[href^="tel:"]').first().innerText(), /0731/);
    assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth), 360);
  },
  { width: 360, height: 740 },
);

scene('what_is_read_is_read_and_quiet_hours_are_kept', 'worker', async (page) => {
  if (server.real) return;
  await go(page, '/notices?view=unread');
  await page.click('button:has-text("条标为已读")');
  await page.waitForFunction(() => !document.querySelector('.told-card:not(.asked)'));
  await page.click('.notices .tabs button:has-text("接收方式")');
  await page.fill('.told-settings input[type=email]', 'worker@example.gov.cn');
  await page.click('.told-settings .el-checkbox');
  await page.fill('.told-settings input[type=time] >> nth=1', '06:30');
  await page.click('.told-settings button:has-text("保存")');
  await page.waitForSelector('.told-settings .receipt-strip');
});
