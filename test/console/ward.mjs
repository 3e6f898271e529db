// A small ward, made by its people over the server's own routes: offices of city, county and
// township, one unit in a cell; who answers for what, and for which office each account acts.
const CITY = '430800000000000';
export const COUNTY = '430802000000000';
export const TOWNSHIP = '430802001000000';
export const CELL = '430802001001001';

const OFFICES = [
  [CITY, '张家界市指挥部（合成）', 'territory'],
  [COUNTY, '永定区应急管理局（合成）', 'territory'],
  [TOWNSHIP, '永定街道办事处（合成）', 'territory'],
  [CELL, '第一网格合成酒店', 'unit'],
];
const FOR = { county: COUNTY, township: TOWNSHIP, cell: CELL };

/** A client of its own: signed in, one cookie. */
export async function client(url, { login, password }) {
  let cookie = '';
  const ask = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        cookie,
        'content-type': 'application/json',
        ...(method === 'GET' ? {} : { 'idempotency-key': crypto.randomUUID() }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const set = answer.headers.get('set-cookie');
    if (set) cookie = set.split(';')[0];
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
  await ask('POST', '/session', { login, password });
  return ask;
}

/** Offices by area, once duties are told and the accounts know for whom they act. */
export async function makeWard(url, accounts) {
  const keeper = await client(url, accounts.keeper);
  const offices = {};
  for (const [area, name, party] of OFFICES) {
    const kind = party === 'unit' ? 'enterprise' : 'government';
    const { item } = await keeper('POST', '/organisations', { area, name, kind });
    offices[area] = item.id;
    const officer = await keeper('POST', '/officers', {
      area,
      name: `合成·${name.slice(0, 2)}负责人`,
      post: '负责人',
      phone: '0000-5550100',
      organisation: item.id,
    });
    for (const sector of ['epidemic', 'fire']) {
      await keeper('POST', '/duties', {
        area,
        sector,
        party,
        officer: officer.item.id,
        since: '2026-01-01',
      });
    }
  }
  const system = await client(url, accounts.system);
  const { items } = await system('GET', '/accounts?limit=200');
  for (const [who, area] of Object.entries(FOR)) {
    const row = items.find((a) => a.login === accounts[who].login);
    await system(
      'PATCH',
      `/accounts/${row.id}`,
      { organisation: offices[area] },
      { 'if-match': `"${row.version}"` },
    );
  }
  return offices;
}
