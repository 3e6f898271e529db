// A browser on the console: on the mock, or on the server that OUTPOST_URL names. What the
// console may not do is watched in every page: errors, requests to other hosts, breaches of the
// policy.
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const from = createRequire(join(ROOT, 'console/package.json'));
const { chromium } = from('playwright-core');

const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--no-default-browser-check',
];

/** Accounts of the demo by role; the real server's come in OUTPOST_ACCOUNTS, as JSON. */
export async function openServer(options = {}) {
  if (process.env.OUTPOST_URL) {
    return {
      real: true,
      url: process.env.OUTPOST_URL,
      accounts: JSON.parse(process.env.OUTPOST_ACCOUNTS),
      close: async () => {},
    };
  }
  const { makeMock } = await import('./mock/server.mjs');
  return makeMock({ dist: join(ROOT, 'build/console/dist'), ...options });
}

export async function openBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'console-'));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: QUIET,
    chromiumSandbox: process.getuid() !== 0,
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile },
  });
  return {
    browser,
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** The clocks of the house are so far ahead from now on (test/support/clocked.c). */
export function setAhead(seconds) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(seconds));
  const clock = openSync(process.env.OUTPOST_TEST_CLOCK, 'r+');
  writeSync(clock, bytes, 0, bytes.length, 0);
  closeSync(clock);
}

/** A page that keeps what went wrong in it in `page.wrongs`. */
export async function openPage(
  browser,
  server,
  { width = 1440, height = 900, language = 'zh', theme = 'light' } = {},
) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    acceptDownloads: true,
  });
  await context.addInitScript(
    ([word, light]) => {
      if (!localStorage.getItem('language')) localStorage.setItem('language', word);
      if (!localStorage.getItem('theme')) localStorage.setItem('theme', light);
    },
    [language, theme],
  );
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.wrongs = [];
  page.on('pageerror', (error) => page.wrongs.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    if (/Failed to load resource/.test(message.text())) return; // an expected status is no fault
    page.wrongs.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== server.url) {
      page.wrongs.push(`asks ${url.origin}`);
    }
  });
  page.asking = new Set();
  page.on('request', (request) => {
    if (['fetch', 'xhr'].includes(request.resourceType())) page.asking.add(request);
  });
  // Not when it is finished: a body that nobody reads never is.
  page.on('response', (response) => page.asking.delete(response.request()));
  page.on('requestfailed', (request) => page.asking.delete(request));
  page.root = server.url;
  return page;
}

/** Sign in without the form, which has tests of its own: the cookie is what counts. */
export async function logIn(page, account) {
  const answer = await page.context().request.post(`${page.root}/api/v1/session`, {
    data: { login: account.login, password: account.password },
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
  if (!answer.ok()) throw new Error(`log-in of ${account.login}: ${answer.status()}`);
}

export async function go(page, path, wait = 'main .page') {
  await page.goto(page.root + path);
  await page.waitForSelector(wait);
  await settle(page);
}

/** Until nothing is being asked (a page shows nothing of a question before it lasts) or moves. */
export async function settle(page) {
  const late = Date.now() + 10_000;
  await page.waitForLoadState('load');
  do {
    await page.waitForFunction(() => !document.querySelector('[aria-busy=true], .skeleton'));
    await page.evaluate(
      () =>
        new Promise((done) => {
          requestAnimationFrame(() => requestAnimationFrame(done));
        }),
    );
  } while (page.asking?.size > 0 && Date.now() < late);
}
