// A stand-in for the server, for developing the console and for its browser tests: it answers the
// same contract over synthetic rows in memory. It checks no more than the tests need. Long because
// a server with every route of the contract is one closure over its rows.
//
//     node server.mjs [--port N] [--dist FOLDER]     prints its address
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { boundary } from './areas.mjs';
import { makeImport } from './import.mjs';
import { addNotices } from './notices.mjs';
import { nounAt, NOUNS, PARTIES, SECTORS } from './nouns.mjs';
import { makeWorld, stamp } from './world.mjs';

export const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:";
const PROVINCE = '430000000000000';
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
const ALL = [
  'grid_read',
  'grid_write',
  'roster_write',
  'import',
  'export',
  'account_read',
  'account_write',
  'grant',
  'ledger_read',
  'task_read',
  'task_do',
];
const ACCOUNTS = [
  {
    login: 'lead',
    password: 'synthetic-lead-1',
    name: '合成用户甲',
    roles: ['area_lead'],
    caps: ALL,
    scope: '430000000000000',
  },
  {
    login: 'worker',
    password: 'synthetic-worker-1',
    name: '合成用户乙',
    roles: ['grid_worker'],
    caps: ['grid_read', 'task_read', 'task_do'],
    scope: '430802000000000',
  },
  {
    login: 'fresh',
    password: 'once-only-1234',
    name: '合成用户丙',
    roles: ['duty_officer'],
    caps: ['grid_read'],
    scope: '430800000000000',
    mustChange: true,
  },
  {
    login: 'keeper',
    password: 'synthetic-keeper-1',
    name: '合成用户戊',
    roles: ['auditor'],
    caps: ['grid_read', 'ledger_read'],
    scope: '430000000000000',
  },
  {
    login: 'maker',
    password: 'synthetic-maker-1',
    name: '合成用户己',
    roles: ['system_admin'],
    caps: ['account_read', 'account_write'],
    scope: '430000000000000',
  },
  {
    login: 'second',
    password: 'synthetic-second-1',
    name: '合成用户丁',
    roles: ['security_admin'],
    caps: ALL,
    scope: '430000000000000',
    totp: true,
  },
];

class Refusal extends Error {
  constructor(status, code, zh, en, field) {
    super(code);
    this.status = status;
    this.body = { code, message_zh: zh, message_en: en, field, where: '' };
  }
}
const absent = () =>
  new Refusal(
    404,
    'absent',
    '没有这一条，或不在您的权限之内。',
    'There is no such entry, or it is not yours to see.',
  );
const sha = (text) => createHash('sha256').update(text).digest('hex');

export function makeMock({ dist, now = Date.now(), empty = false } = {}) {
  const clock = () => now + (Date.now() - began);
  const began = Date.now();
  const world = makeWorld(now);
  if (empty) for (const table of Object.values(world.tables)) table.clear();
  const accounts = ACCOUNTS.map((a) => ({ ...a, id: world.id() }));
  for (const a of accounts) {
    world.add(
      'accounts',
      a.scope,
      { login: a.login, name: a.name, phone: null, language: 'zh' },
      'open',
    );
  }
  const sessions = new Map();
  const ledger = [];
  const kept = new Map(); // idempotency
  const ears = new Set();

  // ---- ledger ----

  function write(who, kind, action, object, area, id = '0', version = 0) {
    const county = `${area.slice(0, 6)}000000000`;
    const seq = ledger.filter((e) => e.county === county).length + 1;
    const entry = {
      county,
      seq,
      at: stamp(clock()),
      kind,
      actor: who.id,
      purpose: 'duty',
      object,
      object_id: id,
      action,
      version,
    };
    entry.hash = sha(JSON.stringify(entry) + (ledger.at(-1)?.hash || ''));
    ledger.push(entry);
    const head = Math.floor(ledger.length / 10) + 1;
    return { county, seq, hash: entry.hash, head, text: `OPR1-${county}-${seq}-${entry.hash}` };
  }
  const tell = (topic, id) => {
    for (const ear of ears) ear.write(`data: ${JSON.stringify({ topic, id })}\n\n`);
  };

  // ---- helpers ----

  const under = (area, code) => {
    const n = [2, 4, 6, 9, 12, 15].find((w) => /^0*$/.test(code.slice(w)));
    return area.slice(0, n) === code.slice(0, n);
  };
  const page = (rows, query) => {
    const limit = Math.min(Number(query.get('limit')) || 50, 200);
    const from = Number(query.get('after')) || 0;
    const items = rows.slice(from, from + limit);
    return {
      items,
      next: from + limit < rows.length ? String(from + limit) : null,
      as_of: stamp(clock()),
    };
  };
  const reads = (noun, row, who) =>
    under(row.area, who.scope) || Boolean(noun.reads_up && under(who.scope, row.area));
  const hidesFrom = (who, noun) => noun.path === 'accounts' && !who.caps.includes('account_read');
  const mayOf = (who, noun) => ({
    read: true,
    write:
      noun.may.write &&
      who.caps.includes(noun.path === 'accounts' ? 'account_write' : 'grid_write'),
    import: noun.may.import && who.caps.includes('import'),
    export: noun.may.export && who.caps.includes('export'),
  });

  const named = { organisation: 'name', officer: 'name', account: 'name' };
  /** What rows refer to, by name; null is not for this reader. */
  function labelsOf(noun, rows, who) {
    const labels = { area: {} };
    const note = (refers, id) => {
      if (!id || !named[refers]) return;
      const to = NOUNS.find((n) => n.name === refers);
      const row = world.tables[to.path].get(id);
      labels[refers] ||= {};
      labels[refers][id] =
        row && !hidesFrom(who, to) && reads(to, row, who) ? row[named[refers]] : null;
    };
    const noteArea = (code) => {
      if (code) labels.area[code] = { zh: world.areas.all.get(code)?.zh || null, en: null };
    };
    for (const row of rows) {
      noteArea(row.area);
      note('account', row.created_by);
      for (const f of noun.fields) {
        if (f.type === 'ref') note(f.refers, row[f.name]);
        if (f.type === 'area') noteArea(row[f.name]);
      }
    }
    return labels;
  }

  function select(noun, query, who) {
    const area = query.get('area') || PROVINCE;
    let rows = [...world.tables[noun.path].values()].filter(
      (r) => under(r.area, area) && reads(noun, r, who),
    );
    const q = query.get('q');
    if (q) {
      const texts = noun.fields.filter((f) => f.search);
      rows = rows.filter((r) => texts.some((f) => (r[f.name] || '').includes(q)));
    }
    if (query.get('state')) rows = rows.filter((r) => r.state === query.get('state'));
    for (const f of noun.fields.filter((x) => x.filter)) {
      const exact = query.get(f.name);
      if (exact !== null) rows = rows.filter((r) => String(r[f.name]) === exact);
      const cast = (v) => (f.type === 'i64' ? Number(v) : f.type === 'time' ? Date.parse(v) : v);
      const from = query.get(`${f.name}_from`);
      const to = query.get(`${f.name}_to`);
      if (from) rows = rows.filter((r) => r[f.name] !== null && cast(r[f.name]) >= cast(from));
      if (to) rows = rows.filter((r) => r[f.name] !== null && cast(r[f.name]) <= cast(to));
    }
    return rows.reverse();
  }

  function checkValue(f, value) {
    const bad = (zh, en) => {
      throw new Refusal(422, 'range', zh, en, f.name);
    };
    if (value === null || value === undefined) {
      if (f.required) bad(`“${f.zh}”必填。`, `"${f.en}" is required.`);
      return null;
    }
    if (f.type === 'i64' && (!Number.isInteger(value) || value < f.min || value > f.max)) {
      bad(
        `“${f.zh}”应为 ${f.min} 到 ${f.max} 的整数。`,
        `"${f.en}" must be a whole number from ${f.min} to ${f.max}.`,
      );
    }
    if (f.type === 'phone' && !/^[-+\d() ]{5,30}$/.test(value)) {
      bad(`“${f.zh}”不像电话号码。`, `"${f.en}" does not look like a phone number.`);
    }
    if (f.type === 'choice' && !f.choices.some((c) => c.word === value)) {
      bad(`“${f.zh}”没有这个选项。`, `"${f.en}" has no such choice.`);
    }
    if (f.type === 'text' && f.min && [...value].length < f.min) {
      bad(`“${f.zh}”至少 ${f.min} 个字。`, `"${f.en}" needs at least ${f.min} characters.`);
    }
    if (f.type === 'area' && !world.areas.all.has(value)) {
      bad(`“${f.zh}”没有这个区域。`, `"${f.en}": there is no such area.`);
    }
    return value;
  }

  function take(noun, body, before) {
    const row = before ? { ...before } : {};
    if (!before) {
      const area = { name: 'area', type: 'area', zh: '区域', en: 'Area', required: true };
      row.area = checkValue(area, body.area);
    }
    for (const f of noun.fields) {
      if (f.server) continue;
      if (f.name in body) {
        if (before && f.fixed)
          throw new Refusal(422, 'range', '这一项不能修改。', 'This cannot be changed.', f.name);
        row[f.name] = body[f.name];
      }
      row[f.name] = checkValue(f, row[f.name] ?? null);
    }
    return row;
  }

  // ---- routes ----

  const routes = [];
  const on = (method, path, run) => {
    const names = [];
    const shape = path.replace(/\{(\w+)\}/g, (_, n) => {
      names.push(n);
      return '([^/]+)';
    });
    routes.push({ method, shape: new RegExp(`^/api/v1${shape}$`), names, run });
  };

  const describe = (who) => ({
    account: { id: who.id, login: who.login, name: who.name },
    roles: who.roles,
    capabilities: who.mustChange ? [] : who.caps,
    scopes: [
      {
        code: who.scope,
        zh: world.areas.all.get(who.scope).zh,
        level: world.areas.all.get(who.scope).level,
      },
    ],
    must_change: Boolean(who.mustChange),
    totp: Boolean(who.totp),
    demo: true,
    now: stamp(clock()),
    language: 'zh',
  });
  addNotices({
    on,
    clock,
    absent,
    empty,
    act: (who, action) => write(who, 'act', action, 'notice', who.scope),
  });
  on('GET', '/session', ({ who }) => describe(who));
  on('DELETE', '/session', ({ sid }) => {
    sessions.delete(sid);
    return null;
  });
  const mine = (who) => [...sessions.entries()].filter(([, s]) => s.who === who);
  on('GET', '/sessions', ({ who, sid }) => ({
    items: mine(who).map(([key, s]) => ({
      id: s.id,
      made_at: s.made_at,
      seen_at: stamp(clock()),
      this: key === sid,
    })),
    as_of: stamp(clock()),
  }));
  const endSessions = (who, action, which) => {
    const over = mine(who).filter(which);
    for (const [key] of over) sessions.delete(key);
    if (over.length === 0 && action === 'session-end') throw absent();
    return { receipt: write(who, 'act', action, 'account', who.scope, who.id) };
  };
  on('DELETE', '/sessions', ({ who, sid }) =>
    endSessions(who, 'sessions-end', ([key]) => key !== sid),
  );
  on('DELETE', '/sessions/{id}', ({ who, id }) =>
    endSessions(who, 'session-end', ([, s]) => s.id === id),
  );
  on('GET', '/session/filters', ({ who }) => ({
    items: [...(who.kept || [])].map(([noun, filters]) => ({ noun, filters })),
  }));
  on('PUT', '/session/filters', ({ who, body }) => {
    who.kept ||= new Map();
    who.kept.set(body.noun, body.filters);
    return { receipt: write(who, 'act', 'filters', 'account', who.scope, who.id) };
  });
  on('PUT', '/session/password', ({ who, body }) => {
    if (body.old !== who.password) {
      throw new Refusal(
        403,
        'denied',
        '现在的密码不正确。',
        'The present password is not right.',
        'old',
      );
    }
    who.password = body.new;
    who.mustChange = false;
    return null;
  });
  on('POST', '/session/totp', ({ who }) => {
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    return { secret, uri: `otpauth://totp/Outpost:${who.login}?secret=${secret}&issuer=Outpost` };
  });
  on('PUT', '/session/totp', ({ who, body }) => {
    if (body.code !== '123456') {
      throw new Refusal(422, 'range', '验证码不正确。', 'The code is not right.', 'code');
    }
    who.totp = true;
    return null;
  });
  on('GET', '/nouns', ({ who }) =>
    NOUNS.filter((n) => !hidesFrom(who, n)).map((n) => ({ ...n, may: mayOf(who, n) })),
  );

  on('GET', '/areas', ({ query }) => ({
    items: world.areas.search(query.get('q') || ''),
    next: null,
    as_of: stamp(clock()),
  }));
  const areaAt = (code) => {
    if (!world.areas.all.has(code)) throw absent();
    return world.areas.show(code);
  };
  on('GET', '/areas/{code}', ({ code }) => areaAt(code));
  on('GET', '/areas/{code}/children', ({ code }) => {
    areaAt(code);
    return {
      items: world.areas.all.get(code).below.map(world.areas.show),
      next: null,
      as_of: stamp(clock()),
    };
  });
  on('GET', '/areas/{code}/boundary', ({ code }) => {
    if (areaAt(code).level > 2) throw absent();
    return boundary(world.areas, code);
  });
  on('GET', '/areas/{code}/responsibility', ({ code }) => {
    areaAt(code);
    const below = world.areas.all.get(code).below;
    const party = (duty) => {
      const officer = world.tables.officers.get(duty.officer);
      const organisation = world.tables.organisations.get(officer.organisation);
      const substitute = world.tables.officers.get(officer.substitute);
      return {
        id: duty.id,
        name: officer.name,
        post: officer.post,
        phone: officer.phone,
        organisation: organisation?.name,
        substitute: substitute && { name: substitute.name, phone: substitute.phone },
      };
    };
    const byArea = new Map();
    for (const d of world.tables.duties.values()) {
      if (d.state !== 'active') continue;
      if (!byArea.has(d.area)) byArea.set(d.area, []);
      byArea.get(d.area).push(d);
    }
    let gaps = 0;
    const rows = below.map((child) => {
      const own = byArea.get(child) || [];
      const cells = {};
      for (const s of SECTORS) {
        cells[s.word] = {};
        for (const p of PARTIES) {
          const duty = own.find((d) => d.sector === s.word && d.party === p.word);
          cells[s.word][p.word] = duty ? party(duty) : null;
          if (!duty) gaps++;
        }
      }
      const { zh, level } = world.areas.all.get(child);
      return { area: { code: child, zh, level }, cells };
    });
    return {
      sectors: SECTORS,
      rows: empty ? [] : rows,
      gaps: empty ? 0 : gaps,
      as_of: stamp(clock()),
    };
  });

  const mustLedger = (who) => {
    if (!who.caps.includes('ledger_read')) {
      throw new Refusal(
        403,
        'denied',
        '您的角色不能查看账本。',
        'Your roles may not read the ledger.',
      );
    }
  };
  on('GET', '/ledger', ({ query, who }) => {
    mustLedger(who);
    let rows = [...ledger].reverse();
    for (const word of ['county', 'object', 'action', 'kind']) {
      if (query.get(word)) rows = rows.filter((e) => e[word] === query.get(word));
    }
    if (query.get('actor')) rows = rows.filter((e) => e.actor === query.get('actor'));
    return page(rows, query);
  });
  on('GET', '/ledger/heads', ({ query, who }) => {
    mustLedger(who);
    const heads = [];
    for (let i = 0; i * 10 < ledger.length; i++) {
      const entry = ledger[Math.min(i * 10 + 9, ledger.length - 1)];
      heads.unshift({ head: i + 1, at: entry.at, chains: 3, root: sha(entry.hash) });
    }
    return page(heads, query);
  });
  on('POST', '/receipts/check', ({ body }) => {
    const [, county, seq, hash] = String(body.text).split('-');
    const entry = ledger.find(
      (e) => e.county === county && String(e.seq) === seq && e.hash === hash,
    );
    return entry ? { whole: true, entry, head: 1 } : { whole: false };
  });

  const nounOf = (path, who) => {
    const noun = nounAt(path);
    if (!noun || hidesFrom(who, noun)) throw absent();
    return noun;
  };
  const rowOf = (noun, id, who, up = false) => {
    const row = world.tables[noun.path].get(id);
    if (!row || !(up ? reads(noun, row, who) : under(row.area, who.scope))) throw absent();
    return row;
  };
  const full = (noun, row, who) => {
    const own = under(row.area, who.scope);
    const may = own && mayOf(who, noun).write;
    return {
      item: row,
      events: may
        ? noun.steps
            .filter((s) => s.from === row.state)
            .map(({ event, zh, en }) => ({ event, zh, en }))
        : [],
      may: { edit: may && !['closed', 'left'].includes(row.state), history: own },
      labels: labelsOf(noun, [row], who),
    };
  };
  const accountAt = (id, who) => {
    if (!who.caps.includes('account_read')) throw absent();
    const login = world.tables.accounts.get(id)?.login;
    const account = accounts.find((a) => a.login === login);
    if (!account) throw absent();
    return account;
  };
  on('GET', '/accounts/{id}/grant', ({ id, who }) => {
    const { roles, scope, totp } = accountAt(id, who);
    return { roles, areas: [scope], totp: Boolean(totp) };
  });
  on('PUT', '/accounts/{id}/grant', ({ id, who, body }) => {
    const account = accountAt(id, who);
    const admins = ['system_admin', 'security_admin', 'auditor'];
    if (body.roles.filter((r) => admins.includes(r)).length > 1) {
      throw new Refusal(
        409,
        'conflict',
        '系统、安全、审计三种管理员不能由同一账号兼任。',
        'System, security and audit are not held by one account.',
        'roles',
      );
    }
    account.roles = body.roles;
    const receipt = write(who, 'act', 'grant', 'account', account.scope, id);
    return { roles: body.roles, areas: body.areas, receipt };
  });
  on('POST', '/accounts/{id}/password', ({ id, who }) => {
    const account = accountAt(id, who);
    const receipt = write(who, 'act', 'password-reset', 'account', account.scope, id);
    return { password: 'once-only-7788', receipt };
  });

  const { readImport, refusedFile, template, exported } = makeImport({ world, take, Refusal });

  on('GET', '/{path}/export', ({ path, query, who }) => {
    const noun = nounOf(path, who);
    return exported(noun, select(noun, query, who));
  });
  on('GET', '/{path}/import/template', ({ path, who }) => template(nounOf(path, who)));
  on('POST', '/{path}/import/refused', ({ path, query, who, raw }) =>
    refusedFile(readImport(nounOf(path, who), raw, query)),
  );
  on('POST', '/{path}/import', ({ path, query, who, raw }) => {
    const noun = nounOf(path, who);
    const read = readImport(noun, raw, query);
    const { columns, account, refused } = read;
    if (query.get('dry_run') !== 'false')
      return { columns, account, refused: refused.slice(0, 20) };
    for (const row of read.rows) world.add(noun.path, row.area, row);
    const receipt = write(who, 'act', 'import', noun.name, who.scope);
    tell(noun.name, '');
    return { columns, account, refused: refused.slice(0, 20), receipt };
  });

  on('GET', '/{path}', ({ path, query, who }) => {
    const noun = nounOf(path, who);
    const answer = page(select(noun, query, who), query);
    if (noun.fields.some((f) => f.see === 'official'))
      write(who, 'read', 'list', noun.name, who.scope);
    return { ...answer, labels: labelsOf(noun, answer.items, who) };
  });
  on('GET', '/{path}/{id}', ({ path, id, who }) => {
    const noun = nounOf(path, who);
    const row = rowOf(noun, id, who, true);
    write(who, 'read', 'read', noun.name, row.area, id);
    return full(noun, row, who);
  });
  on('GET', '/{path}/{id}/history', ({ path, id, query, who }) => {
    const noun = nounOf(path, who);
    rowOf(noun, id, who);
    return page(ledger.filter((e) => e.object_id === id).reverse(), query);
  });
  function store(noun, row, who, action) {
    row.updated_at = stamp(clock());
    world.tables[noun.path].set(row.id, row);
    const receipt = write(who, 'act', action, noun.name, row.area, row.id, row.version);
    tell(noun.name, row.id);
    return { ...full(noun, row, who), receipt };
  }
  const mustWrite = (noun, who) => {
    if (!mayOf(who, noun).write) {
      throw new Refusal(403, 'denied', '您的角色不能修改。', 'Your roles may not change this.');
    }
  };
  on('POST', '/{path}', ({ path, body, who }) => {
    const noun = nounOf(path, who);
    mustWrite(noun, who);
    const values = take(noun, body, null);
    const isAccount = noun.name === 'account';
    const row = world.add(noun.path, values.area, values, isAccount ? 'open' : 'active');
    row.created_at = stamp(clock());
    row.created_by = who.id;
    const made = store(noun, row, who, 'create');
    if (!isAccount) return made;
    accounts.push({ ...values, id: row.id, roles: [], caps: [], scope: row.area });
    return { ...made, password: 'once-only-7788' };
  });
  const mustMatch = (row, headers) => {
    if (headers['if-match'] !== `"${row.version}"`) {
      throw new Refusal(
        409,
        'conflict',
        '这一条已被别人改过，请刷新后再改。',
        'Somebody else has changed this entry. Refresh, then edit.',
      );
    }
  };
  on('PATCH', '/{path}/{id}', ({ path, id, body, who, headers }) => {
    const noun = nounOf(path, who);
    mustWrite(noun, who);
    const row = rowOf(noun, id, who);
    mustMatch(row, headers);
    const after = take(noun, body, row);
    after.version++;
    return store(noun, after, who, 'change');
  });
  on('POST', '/{path}/{id}/events/{event}', ({ path, id, event, who }) => {
    const noun = nounOf(path, who);
    mustWrite(noun, who);
    const row = rowOf(noun, id, who);
    const step = noun.steps.find((s) => s.from === row.state && s.event === event);
    if (!step) throw new Refusal(409, 'conflict', '现在不能这样做。', 'This cannot be done now.');
    return store(noun, { ...row, state: step.to, version: row.version + 1 }, who, event);
  });

  // ---- one request ----

  function logIn(body, reply) {
    const who = accounts.find((a) => a.login === body.login && a.password === body.password);
    const refuse = (code) =>
      new Refusal(
        401,
        code,
        '登录名、密码或验证码不正确。',
        'Login name, password or code is not right.',
      );
    if (!who) throw refuse('denied');
    if (who.totp && !body.totp) throw refuse('totp_needed');
    if (who.totp && body.totp !== '123456') throw refuse('denied');
    const sid = randomUUID();
    sessions.set(sid, { who, id: world.id(), made_at: stamp(clock()) });
    reply.setHeader('set-cookie', `session=${sid}; HttpOnly; SameSite=Strict; Path=/`);
    return describe(who);
  }

  function answer(request, url, raw, reply) {
    const sid = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie || '')?.[1];
    const json = (request.headers['content-type'] || '').includes('json');
    let body;
    try {
      body = json && raw.length ? JSON.parse(raw) : {};
    } catch {
      throw new Refusal(400, 'syntax', '不是合法的 JSON。', 'This is not JSON.');
    }
    if (request.method === 'POST' && url.pathname === '/api/v1/session') return logIn(body, reply);
    const who = sessions.get(sid)?.who;
    if (!who) throw new Refusal(401, 'session', '请登录。', 'Please log in.');
    for (const route of routes) {
      const found = route.method === request.method && route.shape.exec(url.pathname);
      if (!found) continue;
      const named = Object.fromEntries(route.names.map((n, i) => [n, found[i + 1]]));
      return route.run({
        ...named,
        who,
        sid,
        body,
        raw,
        query: url.searchParams,
        headers: request.headers,
      });
    }
    throw absent();
  }

  function once(request, url, raw, reply) {
    const key = request.method === 'GET' ? '' : request.headers['idempotency-key'];
    if (request.method !== 'GET' && !key) {
      throw new Refusal(400, 'syntax', '缺少 Idempotency-Key。', 'Idempotency-Key is missing.');
    }
    const digest = sha(request.method + url.pathname + url.search + raw);
    const before = key && kept.get(key);
    if (before && before.digest !== digest) {
      throw new Refusal(
        409,
        'conflict',
        '同一个键发来了另一个请求。',
        'The same key came with another request.',
      );
    }
    if (before) return before.result;
    const result = answer(request, url, raw, reply);
    if (key) kept.set(key, { digest, result });
    return result;
  }

  function sendFile(url, reply) {
    let file = join(dist, decodeURIComponent(url.pathname));
    if (!file.startsWith(dist) || !extname(file) || !existsSync(file))
      file = join(dist, 'index.html');
    reply.setHeader('content-type', TYPES[extname(file)] || 'application/octet-stream');
    reply.end(readFileSync(file));
  }

  const server = createServer(async (request, reply) => {
    const url = new URL(request.url, 'http://localhost');
    reply.setHeader('content-security-policy', CSP);
    if (!url.pathname.startsWith('/api/')) return sendFile(url, reply);
    if (url.pathname === '/api/v1/live') {
      reply.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.write(': hello\n\n');
      ears.add(reply);
      request.on('close', () => ears.delete(reply));
      return undefined;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    try {
      const result = once(request, url, Buffer.concat(chunks), reply);
      if (result?.file) {
        reply.setHeader('content-type', 'text/csv; charset=utf-8');
        return reply.end(result.file);
      }
      if (result === null) {
        reply.statusCode = 204;
        return reply.end();
      }
      reply.setHeader('content-type', 'application/json');
      return reply.end(JSON.stringify(result));
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      reply.statusCode = error.status || 500;
      reply.setHeader('content-type', 'application/json');
      return reply.end(
        JSON.stringify(
          error.body || {
            code: 'bug',
            message_zh: '内部错误',
            message_en: 'Internal error',
            where: url.pathname,
          },
        ),
      );
    }
  });
  server.keepAliveTimeout = 0; // else it closes what a client is about to use again
  return new Promise((ready) => {
    server.listen(0, '127.0.0.1', () =>
      ready({
        url: `http://127.0.0.1:${server.address().port}`,
        accounts: Object.fromEntries(ACCOUNTS.map((a) => [a.login, a])),
        close() {
          for (const ear of ears) ear.end();
          server.closeAllConnections();
          return new Promise((done) => {
            server.close(done);
          });
        },
      }),
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const mock = await makeMock({ dist: join(root, 'build/console/dist') });
  console.log(mock.url);
}
