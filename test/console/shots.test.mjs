// Every page in both languages, on a phone, a desk and a wall, by day and by night: pictures in
// build/console/shots (of a real server: build/console/house), for people to look at before they
// call a change of the console done.
import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { go, logIn, openBrowser, openPage, openServer, ROOT, settle } from './browser.mjs';

const PROVINCE = '430000000000000';
const FOLDER = join(ROOT, `build/console/${process.env.OUTPOST_URL ? 'house' : 'shots'}`);
const SIZES = { phone: [360, 740], desk: [1440, 900], wall: [3840, 2160] };
const opened = async (page) => {
  await page.locator('tr[data-row="3"] td.first a').click();
  await page.waitForSelector('.record-history .ledger-line');
};
const PAGES = {
  home: ['/'],
  area: [`/areas/${PROVINCE}`],
  county: ['/areas/430802000000000'],
  responsibility: [`/responsibility?area=${PROVINCE}`],
  gap: [
    `/responsibility?area=${PROVINCE}`,
    async (page) => {
      await page.locator('.matrix .hole, .matrix .cell').first().click();
      await page.waitForSelector('.side-panel .parties');
    },
  ],
  sector: [`/responsibility?area=${PROVINCE}&sector=fire`],
  duty: [`/duty?area=430800000000000`],
  registers: ['/n'],
  list: [`/n/organisations?area=${PROVINCE}`],
  detail: [`/n/officers?area=${PROVINCE}`, opened],
  form: [`/n/organisations/new?area=${PROVINCE}`],
  import: [
    '/import/organisations',
    async (page) => {
      await page.setInputFiles('input[type=file]', {
        name: '机构名单.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(
          `名称,类别,办公电话,区域\n合成甲局,企业,0731-55501234,${PROVINCE}\n` +
            `合成乙局,外星,0731-55501234,${PROVINCE}\n合成丙局,企业,无,${PROVINCE}\n`,
        ),
      });
      await page.waitForSelector('.import .account');
    },
  ],
  accounts: [`/n/accounts?area=${PROVINCE}`],
  ledger: [`/ledger?area=${PROVINCE}`],
  receipt: ['/receipt'],
  notices: ['/notices?view=all'],
  'notices-board': ['/notices?view=board'],
  'notices-settings': ['/notices?view=settings'],
  me: ['/me'],
};
const WALL = ['home', 'area', 'responsibility', 'duty', 'list'];

let server;
let chrome;
before(async () => {
  mkdirSync(FOLDER, { recursive: true });
  server = await openServer({ now: Date.parse('2026-11-26T14:30:00+08:00') });
  chrome = await openBrowser();
});
after(async () => {
  await chrome?.close();
  await server?.close();
});

async function shoot(page, name) {
  await settle(page);
  await page.waitForTimeout?.(150); // the last of a transition; nothing is asserted on it
  const file = join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file });
  assert.ok(statSync(file).size > 4000, name);
}

for (const [size, [width, height]] of Object.entries(SIZES)) {
  for (const language of ['zh', 'en']) {
    test(`pictures_of_the_${size}_in_${language}`, async () => {
      const theme = size === 'wall' && language === 'en' ? 'dark' : 'light';
      const page = await openPage(chrome.browser, server, { width, height, language, theme });
      const at = (name) => `${size}-${language}-${name}`;
      await page.goto(`${page.root}/login`);
      await page.waitForSelector('.door');
      await shoot(page, at('login'));
      await logIn(page, server.accounts.lead);
      for (const [name, [path, act]] of Object.entries(PAGES)) {
        if (size === 'wall' && !WALL.includes(name)) continue;
        await go(page, path);
        await page.mouse.move(0, 0);
        await act?.(page);
        await shoot(page, at(name));
      }
      assert.deepEqual(page.wrongs, []);
      await page.context().close();
    });
  }
}
