// demo_loop.mjs - the moving part of the demo: offices at five levels of Zhangjiajie that answer
// for each other, whose account is whose, contacts and a hazard on their way, orders, a campaign.
//
// Made up as all of the demo is: names say so.

import { slope } from './demo_photo.mjs';

const PROVINCE = '430000000000000';
const CITY = '430800000000000';
export const COUNTY = '430802000000000';
export const TOWN = '430802201000000';
export const VILLAGE = '430802201201000';
const NEIGHBOUR = '430821000000000'; // 慈利县: the county contacts are passed on to
const MINUTE = 60_000;
const DAY = 86_400_000;
const iso = (at) => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Who answers at these levels is written down below; elsewhere the dice say. */
export const answersHere = (area, sector) =>
  [CITY, COUNTY, NEIGHBOUR].includes(area) && ['epidemic', 'mine'].includes(sector);

/** An organisation, an officer and a duty at each level, and each account at its organisation. */
export async function staff({ ask, all, signIn, phone, person }) {
  await signIn('lead');
  const known = new Map((await all('/organisations')).map((o) => [`${o.area} ${o.name}`, o.id]));
  const office = async (area, kind, name) =>
    known.get(`${area} ${name}（合成）`) ??
    (await ask('POST', '/organisations',
      { area, kind, name: `${name}（合成）`, duty_phone: phone() })).item.id;
  const answers = async (area, organisation, sectors, party = 'department') => {
    const { item } = await ask('POST', '/officers', { area, organisation, name: person(),
      post: party === 'territory' ? '分管负责人' : '负责人', phone: phone() });
    for (const sector of sectors) {
      await ask('POST', '/duties', { area, sector, party, officer: item.id, since: '2026-01-01' });
    }
  };
  const of = {
    provinceCdc: await office(PROVINCE, 'cdc', '湖南省疾病预防控制中心'),
    provinceSafety: await office(PROVINCE, 'government', '湖南省应急管理厅'),
    province: await office(PROVINCE, 'government', '湖南省人民政府'),
    cityCdc: await office(CITY, 'cdc', '张家界市疾病预防控制中心'),
    citySafety: await office(CITY, 'government', '张家界市应急管理局'),
    countyCdc: await office(COUNTY, 'cdc', '永定区疾病预防控制中心'),
    countySafety: await office(COUNTY, 'government', '永定区应急管理局'),
    neighbour: await office(NEIGHBOUR, 'cdc', '慈利县疾病预防控制中心'),
    town: await office(TOWN, 'government', '三家馆乡人民政府'),
    village: await office(VILLAGE, 'community', '毛头关村村民委员会'),
    quarry: await office(TOWN, 'enterprise', '红星采石场'),
    other: await office(TOWN, 'enterprise', '云盘采石场'),
  };
  const both = ['epidemic', 'mine'];
  await answers(PROVINCE, of.province, both, 'territory'); // checks what the province does
  await answers(PROVINCE, of.provinceCdc, ['epidemic']);
  await answers(PROVINCE, of.provinceSafety, ['mine']);
  await answers(CITY, of.cityCdc, ['epidemic']);
  await answers(CITY, of.citySafety, ['mine']);
  await answers(COUNTY, of.countyCdc, ['epidemic']);
  await answers(COUNTY, of.countySafety, ['mine']);
  await answers(NEIGHBOUR, of.neighbour, both);
  await answers(TOWN, of.town, both);
  await answers(VILLAGE, of.village, both);
  await signIn('system');
  const people = await all('/accounts');
  const works = { lead: of.provinceSafety, county: of.countySafety, duty: of.citySafety,
    cdc: of.provinceCdc, tracer: of.cityCdc, doctor: of.countyCdc, grid: of.village, town: of.town,
    village: of.village, inspector: of.countySafety, quarry: of.quarry };
  for (const [login, organisation] of Object.entries(works)) {
    const { id, version } = people.find((p) => p.login === login);
    await ask('PATCH', `/accounts/${id}`, { organisation }, { version });
  }
  return of;
}

/** Events on one task, each as who signs in for it: [login, event, what it brings]. */
async function walk({ ask, signIn }, task, steps) {
  for (const [login, event, more] of steps) {
    await signIn(login);
    const { turn } = await ask('GET', `/tasks/${task}`);
    await ask('POST', `/tasks/${task}/do/${event}`, { turn, ...more });
  }
}
const proved = (login, text, more) =>
  [[login, 'accept', {}], [login, 'prove', { text, ...more }]];

/** A photo of the slope, to a task by who is signed in; what a proof says of it. */
async function photographed({ ask }, task, seed, right) {
  const photo = slope({ seed, right });
  const { item } = await ask('POST', `/tasks/${task}/files`, photo, { type: photo.type });
  return { files: [item.id] };
}

/** Of the contacts: two found, of whom one is checked; one under a measure; one passed on. */
export async function follow(demo, of, caseId) {
  const { ask, all, signIn } = demo;
  await signIn('tracer');
  const contacts = (await all(`/contacts?of_case=${caseId}`))
    .filter((c) => c.area === VILLAGE && c.degree === 'close');
  const taskOf = async (c) => (await ask('GET', `/contacts/${c.id}`)).tasks[0].id;
  const [checked, found, away, looked] = contacts;
  const tasks = [];
  for (const c of [checked, found, away, looked]) tasks.push(await taskOf(c));
  const text = '演示：已上门，本人在家，状况良好';
  await walk(demo, tasks[0], [...proved('village', text), ['town', 'close', {}]]);
  await walk(demo, tasks[1], proved('village', text));
  await walk(demo, tasks[2], [['village', 'offer', { to: of.neighbour }]]);
  await walk(demo, tasks[3], [['village', 'accept', {}]]);
  await signIn('tracer');
  await ask('POST', '/measures', { area: VILLAGE, contact: checked.id, kind: 'home',
    issuer: of.countyCdc, basis: '传染病防治法（演示引用）', since: iso(Date.now()),
    until: iso(Date.now() + 5 * DAY),
    explanation: '演示：您与一名确诊病例同场；请居家至期满，到期自动解除；不服可向市疾控申诉' });
  const funnel = await ask('GET', `/areas/${COUNTY}/funnel`);
  console.log(`funnel: ${funnel.found} found = ${funnel.pushed_out.all} pushed out + ` +
    `${funnel.ours.all} ours`);
  if (funnel.found !== funnel.pushed_out.all + funnel.ours.all || !funnel.ours.located) {
    throw new Error(`the funnel does not add up: ${JSON.stringify(funnel)}`);
  }
}

/** Orders that stay open at each of the five levels; the last has been late since it was made. */
export async function orders({ ask, signIn }) {
  await signIn('lead');
  const raise = (area, sector, rule, title, until) =>
    ask('POST', '/tasks', { area, sector, rule, title: `${title}（合成）`, needs: ['text'], until });
  await raise(PROVINCE, 'mine', 'hazard-major', '复核全省尾矿库汛期检查');
  await raise(CITY, 'epidemic', 'bulk-list-closed', '核实外省推送名单的去向');
  await raise(COUNTY, 'epidemic', 'case-investigation', '完成首次病例调查报告');
  await raise(TOWN, 'mine', 'hazard-ordinary', '检查乡道沿线边坡');
  await raise(VILLAGE, 'mine', 'hazard-ordinary', '逐户告知边坡封闭',
    iso(Date.now() + MINUTE / 6));
}

const QUARRIES = [
  ['红星采石场', TOWN, '东侧边坡'], ['云盘采石场', TOWN, '北侧边坡'],
  ['枞茂采石场', TOWN, '排土场'], ['毛头关一号采石场', VILLAGE, '运输道边坡'],
  ['毛头关二号采石场', VILLAGE, '西侧边坡'], ['毛头关三号采石场', VILLAGE, '采空区边坡'],
];

/** Quarries with risks; one hazard from report to close, one major one that is being put right. */
export async function hazards(demo, of) {
  const { ask, all, signIn } = demo;
  await signIn('inspector');
  const units = [];
  for (const [i, [name, area, point]] of QUARRIES.entries()) {
    const { item } = await ask('POST', '/units', { area, name: `${name}（合成）`, kind: 'quarry',
      organisation: i === 0 ? of.quarry : of.other, supervisor: of.countySafety });
    units.push(item);
    await ask('POST', '/risks', { area, unit: item.id, factor: 'collapse', point,
      grade: i % 2 ? 'yellow' : 'orange', control: '每日巡查，雨后加密；设警戒线' });
    if (i === 0) {
      await ask('POST', '/risks', { area, unit: item.id, factor: 'blasting', point: '爆破作业区',
        grade: 'red', control: '爆破前清场，持证作业' });
    }
  }
  const report = (more) => ask('POST', '/hazards', { area: TOWN, unit: units[0].id,
    found_by: 'inspection', ...more });
  const small = await report({ title: '警戒线缺失（合成）', factor: 'collapse', grade: 'ordinary',
    detail: '东侧边坡坡脚无警戒线' });
  await photographed(demo, small.task, 1, false);
  await signIn('quarry');
  await walk(demo, small.task, [...proved('quarry', '演示：已拉设警戒线并立牌',
    await photographed(demo, small.task, 1, true)), ['town', 'close', {}]]);
  await signIn('lead');
  const [officer] = await all(`/officers?area=${TOWN}`);
  await signIn('inspector');
  const great = await report({ title: '东侧边坡开裂（合成）', factor: 'collapse', grade: 'major',
    detail: '裂缝长约 12 米，坡顶有松动危岩', measure: '削坡减载，清除危岩', funds: '12 万元',
    responsible: officer.id });
  await photographed(demo, great.task, 2, false);
  await walk(demo, great.task, [['quarry', 'accept', {}], ['quarry', 'start', {}]]);
  await signIn('town');
  const { item } = await ask('GET', `/hazards/${small.item.id}`);
  if (item.state !== 'closed') throw new Error(`the hazard is ${item.state}, not closed`);
  console.log(`hazards: 1 closed with its task, 1 major one open, ${units.length} quarries`);
}

/** Found once, looked for everywhere: a task for each quarry with that factor; half are done. */
export async function campaign(demo) {
  const { ask, signIn } = demo;
  await signIn('county');
  const { item } = await ask('POST', '/campaigns', { area: COUNTY, sector: 'mine',
    name: '采石场边坡举一反三排查（合成）', scope: 'risks', query: 'factor=collapse',
    title: '排查边坡坍塌风险', detail: '红星采石场边坡开裂，凡有坍塌风险的采石场逐一排查',
    rule: 'hazard-ordinary', needs: 'text', until: iso(Date.now() + 3 * DAY) });
  await ask('POST', `/campaigns/${item.id}/events/start`, {});
  const { items } = await ask('GET', `/campaigns/${item.id}/gaps`);
  const mine = (area) => items.filter((g) => g.area === area).map((g) => g.task);
  const villages = mine(VILLAGE);
  const towns = mine(TOWN);
  const text = '演示：已排查，无裂缝，警戒线完好';
  await walk(demo, villages[0], [...proved('village', text), ['town', 'close', {}]]);
  await walk(demo, villages[1], [...proved('village', text), ['town', 'close', {}]]);
  await walk(demo, villages[2], [['village', 'accept', {}]]);
  await walk(demo, towns[0], [...proved('town', text), ['county', 'close', {}]]);
  await walk(demo, towns[1], [['town', 'accept', {}]]);
  await signIn('county');
  const { total } = await ask('GET', `/campaigns/${item.id}/coverage`);
  console.log(`campaign: ${total.closed} of ${total.total} done`);
  const half = total.closed && total.closed < total.total;
  if (!half) throw new Error('the campaign is not half done');
}

/** A meeting's decision with a task at each of five levels, and what a citizen noticed. */
export async function signals({ ask, signIn }) {
  await signIn('lead');
  const at = (area, title) => ({ area, title });
  const { item, tasks } = await ask('POST', '/signals', { area: PROVINCE, source: 'meeting',
    sector: 'mine', rule: 'hazard-ordinary', title: '省安委会会议决定：汛期矿山边坡排查（合成）',
    detail: '逐级排查，办结后反馈；演示用，会议为虚构', tasks: [at(CITY, '排查全市矿山边坡'),
      at(PROVINCE, '抽查两个市的排查情况'), at(COUNTY, '排查全区矿山边坡'),
      at(TOWN, '排查本乡采石场边坡'), at(VILLAGE, '告知采石场周边住户')] });
  const of = (area) => tasks.find((x) => x.area === area).id;
  const demo = { ask, signIn };
  await walk(demo, of(CITY), [['duty', 'accept', {}]]);
  await walk(demo, of(COUNTY), [['county', 'accept', {}]]);
  await walk(demo, of(TOWN), [...proved('town', '演示：六处已查'), ['county', 'close', {}]]);
  await walk(demo, of(VILLAGE), [['village', 'decline', { reason: '演示：该处归邻村' }]]);
  await signIn('grid');
  const seen = await ask('POST', '/signals', { area: VILLAGE, source: 'citizen', sector: 'mine',
    rule: 'hazard-ordinary', title: '村民反映坡上有滚石（合成）', detail: '雨后可见，路边' });
  await signIn('lead');
  const { progress } = await ask('GET', `/signals/${item.id}`);
  if (progress.closed !== 1 || progress.tasks !== 5) throw new Error(JSON.stringify(progress));
  console.log(`signals: a decision with ${progress.tasks} tasks, 1 closed; ${seen.item.title}`);
}
