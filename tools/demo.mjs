// demo.mjs OUTPOST HOUSE PASSWORD - fill the demo house with offices, people and duties.
//
// Everybody is made up: names say so. It goes the way of any other client: the server, a log-in,
// files that are imported, and their accounts are checked.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [outpost, house, password] = process.argv.slice(2);
const server = spawn(outpost, ['serve', house, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).once('line', resolve);
  server.once('exit', () => reject(new Error('the server did not start')));
});
let cookie = '';
let key = 0;

async function ask(method, path, body, type = 'application/json') {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      cookie,
      ...(body === undefined ? {} : { 'content-type': type }),
      ...(method === 'GET' ? {} : { 'idempotency-key': `demo-${process.pid}-${key++}` }),
    },
    body: body === undefined || type !== 'application/json' ? body : JSON.stringify(body),
  });
  const set = answer.headers.get('set-cookie');
  if (set) cookie = set.split(';')[0];
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

async function all(path) {
  const rows = [];
  let after;
  do {
    const more = after ? `&after=${encodeURIComponent(after)}` : '';
    const page = await ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=200${more}`);
    rows.push(...page.items);
    after = page.next;
  } while (after);
  return rows;
}

async function take(path, rows) {
  const quoted = (v) => (/[",\n]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v);
  const names = Object.keys(rows[0]);
  const csv = [names, ...rows.map((r) => names.map((n) => quoted(String(r[n] ?? ''))))]
    .map((r) => r.join(','))
    .join('\n');
  const to = `/${path}/import?format=csv`;
  const { account, refused } = await ask('POST', to, `${csv}\n`, 'text/csv');
  console.log(`${path}: ${account.in} in = ${account.accepted} accepted + ` +
    `${account.refused} refused + ${account.duplicate} duplicate`);
  if (account.refused) throw new Error(JSON.stringify(refused[0]));
}

// A small seeded dice, so that every demo is the same.
let state = 20210720;
const below = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 4294967296) * n);
};
const SECTORS = ['epidemic', 'mine', 'chemical', 'fire', 'road', 'flood'];
const PARTIES = ['territory', 'department', 'unit', 'individual'];
const FAMILY = '王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗'.split('');
const GIVEN = '伟芳娜敏静丽强磊洋艳勇军杰娟涛明超霞平刚'.split('');
const phone = () => `0000-${String(1000000 + below(8999999))}`;
const person = () => `合成·${FAMILY[below(20)]}${GIVEN[below(20)]}`;

try {
  await ask('POST', '/session', { login: 'lead', password });
  const province = '430000000000000';
  const cities = (await ask('GET', `/areas/${province}/children`)).items;
  const areas = [];
  for (const city of cities) {
    areas.push(city);
    areas.push(...(await ask('GET', `/areas/${city.code}/children`)).items);
  }
  if (areas.length) {
    await take('organisations', areas.flatMap((a) => [
      { area: a.code, name: `${a.zh}人民政府（合成）`, kind: 'government', duty_phone: phone() },
      { area: a.code, name: `${a.zh}疾病预防控制中心（合成）`, kind: 'cdc', duty_phone: phone() },
      { area: a.code, name: `${a.zh}应急管理局（合成）`, kind: 'government', duty_phone: phone() },
    ]));
    const offices = await all('/organisations');
    const of = new Map();
    for (const o of offices) of.set(o.area, [...(of.get(o.area) || []), o]);
    await take('officers', areas.flatMap((a) =>
      ['分管负责人', '科长', '专管员', '网格长'].map((post) => ({
        area: a.code, name: person(), post, phone: phone(),
        organisation: (of.get(a.code) || [])[below(3)]?.id ?? '',
      }))));
    const officers = await all('/officers');
    const at = new Map();
    for (const o of officers) at.set(o.area, [...(at.get(o.area) || []), o]);
    await take('duties', areas.flatMap((a) =>
      SECTORS.flatMap((sector) => PARTIES.map((party) => ({ sector, party })))
        .filter(() => below(100) < 88) // holes are shown, so there have to be some
        .map((d) => ({
          area: a.code, ...d, officer: at.get(a.code)[below(4)].id, since: '2026-01-01',
        }))));
    const start = Math.floor(Date.now() / 86400000) * 86400000 - 2 * 86400000;
    await take('watches', cities.flatMap((a) => Array.from({ length: 14 * 2 }, (_, i) => ({
      area: a.code, office: of.get(a.code)[2].id, officer: at.get(a.code)[i % 4].id,
      role: i % 4 === 0 ? 'leader' : 'officer',
      starts_at: new Date(start + i * 43200000).toISOString(),
      ends_at: new Date(start + (i + 1) * 43200000).toISOString(),
    }))));
  }
} finally {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}
