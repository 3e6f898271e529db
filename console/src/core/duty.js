// The roster seen through the field table of its noun: which field is the office, who, from, until.
import { get } from './api.js';
import { loadNouns, nounNamed } from './nouns.js';

const MOST = 200;

export function dutyShape(noun) {
  const times = noun.fields.filter((f) => f.type === 'time' && !f.server);
  const refs = noun.fields.filter((f) => f.type === 'ref');
  const office = refs.find((f) => nounNamed(f.refers)?.path === 'organisations');
  const officers = refs.filter((f) => nounNamed(f.refers)?.path === 'officers');
  return {
    from: times[0],
    to: times[1],
    office,
    officer: officers[0],
    role: noun.fields.find((f) => f.type === 'choice'),
    phone: noun.fields.find((f) => f.type === 'phone'),
  };
}

/** The server counts whole seconds. */
const seconds = (ms) => new Date(Math.floor(ms / 1000) * 1000).toISOString();

/** Watches of an area that touch [from, to), as {row, from, to, office, officer}. */
export async function watchesBetween(area, from, to, signal) {
  await loadNouns();
  const noun = nounNamed('watches');
  if (!noun) return { noun: null, shape: null, watches: [] };
  const shape = dutyShape(noun);
  const query = { area, state: 'planned', limit: MOST };
  if (shape.from.filter) query[`${shape.from.name}_to`] = seconds(to);
  if (shape.to.filter) query[`${shape.to.name}_from`] = seconds(from);
  const watches = [];
  let after;
  do {
    const answer = await get('/watches', { ...query, after }, { signal });
    watches.push(...answer.items);
    after = answer.next;
  } while (after && watches.length < 5 * MOST);
  const rows = watches
    .map((row) => ({
      row,
      from: Date.parse(row[shape.from.name]),
      to: Date.parse(row[shape.to.name]),
      office: shape.office ? row[shape.office.name] : row.area,
      officer: shape.officer ? row[shape.officer.name] : null,
    }))
    .filter((w) => w.from < to && w.to > from);
  rows.sort((a, b) => a.from - b.from);
  return { noun, shape, watches: rows };
}
