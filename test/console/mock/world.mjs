// The mock's rows: synthetic, the same at every start.
import { loadAreas } from './areas.mjs';
import { NOUNS, PARTIES, SECTORS } from './nouns.mjs';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function dice(seed) {
  let s = seed >>> 0;
  return (n) => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const SURNAMES = [...'李王张刘陈杨黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈'];
const GIVEN = [...'伟芳娜敏静丽强磊洋艳勇军杰娟涛明超秀霞平刚桂英华玉兰飞鹏辉红梅建国志文'];

/** RFC 3339 in Beijing's time. */
export function stamp(at) {
  return new Date(at + 8 * HOUR_MS).toISOString().replace(/\.\d+Z$/, '+08:00');
}
const day = (at) => stamp(at).slice(0, 10);

export function makeWorld(now) {
  const areas = loadAreas();
  const roll = dice(43);
  const tables = Object.fromEntries(NOUNS.map((n) => [n.path, new Map()]));
  let last = 1_800_000_000_000n * 1024n;
  const id = () => {
    last += 1n;
    return String(last);
  };

  function add(path, area, values, state = path === 'watches' ? 'planned' : 'active') {
    const at = now - roll(90) * DAY_MS - roll(1440) * 60_000;
    const row = {
      id: id(),
      area,
      version: 1,
      state,
      created_at: stamp(at),
      updated_at: stamp(at),
      created_by: null,
      ...values,
    };
    tables[path].set(row.id, row);
    return row;
  }
  const person = () =>
    SURNAMES[roll(SURNAMES.length)] +
    GIVEN[roll(GIVEN.length)] +
    (roll(3) ? GIVEN[roll(GIVEN.length)] : '');
  const phone = () => `0731-5550${String(1000 + roll(9000))}`; // a range nobody has

  const upper = [...areas.all.values()].filter((a) => a.level === 2 || a.level === 3);
  const offices = new Map();
  const holders = new Map();
  for (const a of upper) {
    const own = [
      ['人民政府', 'government'],
      ['应急管理局', 'government'],
      ['卫生健康委员会', 'government'],
      ['疾病预防控制中心', 'cdc'],
      ['人民医院', 'health'],
    ].map(([tail, kind]) =>
      add(
        'organisations',
        a.code,
        {
          name: a.zh + tail,
          kind,
          address: null,
          duty_phone: phone(),
          staff: 12 + roll(400),
          always_open: roll(3) > 0,
          founded: day(now - (2000 + roll(9000)) * DAY_MS),
          checked_at: stamp(now - roll(40) * DAY_MS),
          covers: a.code,
          parent: null,
          note: roll(4) ? null : '值守电话每季度核对一次。',
        },
        roll(30) ? 'active' : 'closed',
      ),
    );
    own.slice(1).forEach((o) => {
      o.parent = own[0].id;
    });
    offices.set(a.code, own);
    const posts = ['副市长', '局长', '主任', '安全员', '副主任', '科长'];
    holders.set(
      a.code,
      posts.map((post, i) =>
        add('officers', a.code, {
          name: person(),
          post: a.level === 3 && i === 0 ? '副县长' : post,
          phone: phone(),
          organisation: own[Math.min(i, 4)].id,
          substitute: null,
        }),
      ),
    );
    holders.get(a.code).forEach((h, i, list) => {
      h.substitute = list[(i + 1) % list.length].id;
    });
    for (const sector of SECTORS) {
      PARTIES.forEach((party, i) => {
        if (roll(a.level === 2 ? 24 : 12) === 0) return; // a hole
        add('duties', a.code, {
          sector: sector.word,
          party: party.word,
          officer: holders.get(a.code)[(i + roll(2)) % 6].id,
          since: day(now - roll(900) * DAY_MS),
        });
      });
    }
  }
  const monday =
    now -
    ((new Date(now + 8 * HOUR_MS).getUTCDay() + 6) % 7) * DAY_MS -
    ((now + 8 * HOUR_MS) % DAY_MS);
  for (const a of upper.filter((x) => x.level === 2)) {
    for (let d = -7; d < 14; d++) {
      for (const shift of [8, 20]) {
        if (roll(40) === 0) continue;
        const from = monday + d * DAY_MS + shift * HOUR_MS;
        add('watches', a.code, {
          office: offices.get(a.code)[1].id,
          officer: holders.get(a.code)[roll(6)].id,
          role: 'officer',
          starts_at: stamp(from),
          ends_at: stamp(from + 12 * HOUR_MS),
        });
      }
    }
  }
  return { areas, tables, add, id };
}
