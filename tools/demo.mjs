// demo.mjs OUTPOST HOUSE ACCOUNTS - fill the demo house with offices, people, feeds and a case.
//
// Everybody is made up: names say so. It goes the way of any other client: the server, a log-in,
// files that are imported, and their accounts are checked.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  answersHere, campaign, COUNTY, follow, hazards, orders, signals, staff, TOWN,
  VILLAGE,
} from './demo_loop.mjs';

const [outpost, house, accounts] = process.argv.slice(2);
const passwords = new Map(
  readFileSync(accounts, 'utf8').split('\n').map((line) => line.split(/\s+/).slice(0, 2)),
);
const server = spawn(outpost, ['serve', house, '--listen', '127.0.0.1:0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const url = await new Promise((resolve, reject) => {
  createInterface({ input: server.stdout }).once('line', resolve);
  server.once('exit', () => reject(new Error('the server did not start')));
});
const began = Date.now();
let cookie = '';
let key = 0;

async function ask(method, path, body, { type = 'application/json', version } = {}) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      cookie,
      ...(body === undefined ? {} : { 'content-type': type }),
      ...(method === 'GET' ? {} : { 'idempotency-key': `demo-${process.pid}-${key++}` }),
      ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
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
  const { account, refused } = await ask('POST', to, `${csv}\n`, { type: 'text/csv' });
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

// Feeds: two as they should be, one with refused rows, one that is silent; and a recall.
async function push(feed, id, rows) {
  const names = Object.keys(rows[0]);
  const csv = [names, ...rows.map((r) => names.map((n) => r[n]))]
    .map((r) => r.join(','))
    .join('\n');
  const answer = await fetch(`${url}/api/v1/feeds/${feed}/batches`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'text/csv', 'idempotency-key': id },
    body: `${csv}\n`,
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${id}: ${answer.status} ${told.message_en}`);
  const { account } = told;
  console.log(`${id}: ${account.in} in = ${account.accepted} accepted + ` +
    `${account.refused} refused + ${account.duplicate} duplicate`);
  return told.batch;
}

async function feeds() {
  const area = '430800000000000';
  const feed = async (name, brings, more) =>
    (await ask('POST', '/feeds', { area, name: `${name}（合成）`, brings, ...more })).item.id;
  const day = (back) =>
    new Date(Date.now() - back * 86400000 + 8 * 3600000).toISOString().slice(0, 10);
  const cards = await feed('市中医院报告卡', 'notification', { every_min: 1440 });
  const counts = await feed('市疾控中心日报', 'count_report', { every_min: 1440 });
  const lab = await feed('第三方检测机构', 'sample', { every_min: 720 });
  await feed('邻市密接推送', 'contact_push', { every_min: 1 }); // never sends: it falls silent
  const card = (i) => ({
    source_id: `card-${i}`, name: person().replace('·', ''), phone: phone(), sex: i % 2 ? 'm' : 'f',
    age: 5 + below(80), onset_on: day(2 + below(8)), reported_on: day(below(2)),
    classification: i % 3 ? 'suspected' : 'confirmed',
  });
  const first = Array.from({ length: 40 }, (_, i) => ({
    ...card(i), birth: i ? '' : '1980-03-12',
  }));
  await push(cards, 'cards-1', first);
  await push(cards, 'cards-2', [...first.slice(0, 6),
    ...Array.from({ length: 20 }, (_, i) => ({ ...card(40 + i), birth: '' })),
    // For the reviewer: the same name, sex and telephone, and born a day later.
    { ...card(99), name: first[0].name, phone: first[0].phone, sex: first[0].sex,
      birth: '1980-03-13' }]);
  let total = 30;
  await push(counts, 'counts-1', Array.from({ length: 14 }, (_, i) => ({
    day: day(13 - i), confirmed_total: i === 9 ? total - 4 : (total += below(6)),
  })));
  await push(lab, 'lab-1', Array.from({ length: 60 }, (_, i) => ({
    number: `s-${i}`, source_id: `card-${i % 40}`, sampled_at: `${day(1)}T08:00:00+08:00`,
    result: ['negative', 'negative', '阳性', '?？', 'broken'][below(5)],
  })));
  const wrong = await push(lab, 'lab-wrong', Array.from({ length: 25 }, (_, i) => ({
    number: `w-${i}`, result: 'positive',
  })));
  await ask('POST', `/batches/${wrong}/recall`, { why: '演示：检测机构上传了错误的文件' });
}

const sessions = new Map(); // one log-in each: a password is slow to check, and is meant to be
async function signIn(login) {
  cookie = sessions.get(login) ?? '';
  if (cookie) return;
  await ask('POST', '/session', { login, password: passwords.get(login) });
  sessions.set(login, cookie);
}

// Nobody has this number: its holder would be older than anybody is. run.sh says it, too.
const NUMBER = '430802190101010010';

// One case, seen by a doctor and confirmed by somebody else: an evening in a theatre, a meal the
// day after, and a bus home on which one of the table sat beside strangers.
async function outbreak() {
  const area = COUNTY;
  const at = (back, clock) => {
    const day = new Date(Date.now() - back * 86400000 + 8 * 3600000).toISOString().slice(0, 10);
    return `${day}T${clock}:00+08:00`;
  };
  const folk = Array.from({ length: 60 }, () => phone());
  const row = (i, place, kind, from, to, seat = '') =>
    ({
      person: `visitor-${i}`, phone: folk[i], id_number: i === 0 ? NUMBER : '', place, kind, from,
      to, seat,
    });
  const visits = [
    ...Array.from({ length: 40 }, (_, i) => row(i, '魅力湘西剧场（合成场次）', 'cinema',
      at(2, '19:00'), at(2, '20:30'), `${1 + Math.floor(i / 10)}排${1 + (i % 10)}座`)),
    ...[0, 41, 42, 43, 44].map((i) =>
      row(i, '合成土家菜馆', 'restaurant', at(1, '12:00'), at(1, '13:10'))),
    ...[42, 45, 46, 47].map((i) =>
      row(i, '合成 6 路公交 17:40 班', 'bus', at(1, '17:40'), at(1, '18:20'))),
  ];
  await signIn('security');
  const key = await ask('POST', '/keys', { agency: 'telecom', area, areas: [area],
    capabilities: ['push'] });
  await signIn('lead');
  const feed = await ask('POST', '/feeds', { area, name: '场所登记（合成）', brings: 'visits',
    every_min: 1440, api_key: key.item.id });
  await push(feed.item.id, 'visits-1', visits);
  await signIn('doctor');
  const report = async (number, lives, onset, who) =>
    (await ask('POST', '/cases', { area: lives, number, profile: 'covid19.who',
      onset: at(onset, '00:00').slice(0, 10), positive: at(0, '00:00').slice(0, 10), who })).id;
  const whose = { name: '合成甲', id_number: NUMBER, phone: folk[0] };
  const first = await report('DEMO-1', VILLAGE, 1, whose);
  const second = await report('DEMO-2', TOWN, 0, { name: '合成乙', phone: folk[42] });
  const third = await report('DEMO-3', COUNTY, 0, { name: '合成丙', phone: folk[46] });
  await signIn('tracer');
  for (const id of [first, second, third]) await ask('POST', `/cases/${id}/events/confirm`);
  for (const id of [first, second]) {
    const warrant = (await ask('GET', `/cases/${id}/warrants`)).items.find((w) => w.text).text;
    const trace = await ask('POST', `/cases/${id}/trace`, { warrant, generations: 2 });
    console.log(`trace: ${trace.n_contacts} contacts, ${trace.n_encounters} encounters`);
    if (id !== first) continue;
    await ask('POST', `/cases/${id}/stays`, { warrant });
    const asked = await ask('POST', `/cases/${id}/questions`, { warrant, feed: feed.item.id });
    console.log(`question: ${asked.places} places`);
  }
  const chain = await ask('GET', `/cases/${first}/chain`);
  console.log(`chain: ${chain.nodes.length} cases, ${chain.edges.length} possible transmissions`);
  return first;
}

// Two people of two departments open a name in an emergency, and its holder is told who looked.
async function emergency(caseId) {
  await signIn('tracer');
  const { item } = await ask('GET', `/cases/${caseId}`);
  const question = (reason) => ask('POST', '/break-glass', {
    area: item.area, matter: item.number, reason, people: [item.subject],
  });
  const asked = await question('演示：患者昏迷，须立即联系家属');
  await question('演示：须当晚送药，电话不详'); // waits for the second person
  await signIn('duty');
  await ask('POST', `/break-glass/${asked.id}/answer`, { approve: true });
  await signIn('tracer');
  const told = await ask('POST', `/break-glass/${asked.id}/names`, {});
  console.log(`break-glass: ${told.items.length} name told, once`);
  await signIn('overseer');
  const seen = await ask('POST', '/access-report', { id_number: NUMBER });
  console.log(`access report: ${seen.items.length} looks at the holder of ${NUMBER}`);
}

try {
  await signIn('lead');
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
        }))
        .filter((d) => !answersHere(d.area, d.sector))));
    const start = Math.floor(Date.now() / 86400000) * 86400000 - 2 * 86400000;
    await take('watches', cities.flatMap((a) => Array.from({ length: 14 * 2 }, (_, i) => ({
      area: a.code, office: of.get(a.code)[2].id, officer: at.get(a.code)[i % 4].id,
      role: i % 4 === 0 ? 'leader' : 'officer',
      starts_at: new Date(start + i * 43200000).toISOString(),
      ends_at: new Date(start + (i + 1) * 43200000).toISOString(),
    }))));
  }
  await feeds();
  const demo = { ask, all, signIn, phone, person };
  const offices = await staff(demo);
  const first = await outbreak();
  await emergency(first);
  await orders(demo);
  await follow(demo, offices, first);
  await hazards(demo, offices);
  await campaign(demo);
  await signals(demo);
  console.log(`demo: filled in ${Math.round((Date.now() - began) / 1000)} s`);
} finally {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}
