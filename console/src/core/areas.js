// Areas: 15 digits, province to cell. Asked once each and kept; the tree changes a few times a
// year.
import { get } from './api.js';
import { language, say } from './i18n.js';

const WIDTHS = [2, 2, 2, 3, 3, 3];
export const LEVELS = ['province', 'city', 'county', 'township', 'village', 'cell'];

const known = new Map();

/** 0 is the country, 1 a province, 6 a cell: the last part that is not zeros. */
export function levelOf(code) {
  let level = 0;
  for (let i = 0, at = 0; i < WIDTHS.length; at += WIDTHS[i], i++) {
    if (/[1-9]/.test(code.slice(at, at + WIDTHS[i]))) level = i + 1;
  }
  return level;
}

/** The code without its trailing zero parts, spaced as people read it: 43 08 02 001. */
export function shortCode(code) {
  const out = [];
  for (let i = 0, at = 0; i < Math.max(levelOf(code), 1); at += WIDTHS[i], i++) {
    out.push(code.slice(at, at + WIDTHS[i]));
  }
  return out.join(' ');
}

/** Whose chain in the ledger: the county of an area, a city or province itself. */
export const countyOf = (code) => (code ? code.slice(0, 6).padEnd(15, '0') : '');

export function covers(outer, inner) {
  let width = 0;
  for (let i = 0; i < levelOf(outer); i++) width += WIDTHS[i];
  return outer.slice(0, width) === inner.slice(0, width);
}

export function area(code) {
  if (!known.has(code)) {
    known.set(
      code,
      get(`/areas/${code}`).catch((error) => {
        known.delete(code);
        throw error;
      }),
    );
  }
  return known.get(code);
}

export const areaTitle = (a) => (a ? say(a) || a.code : '');

/** Everything above and the area itself, joined: 张家界市 › 永定区. */
export function pathText(a, from = 1) {
  const names = (a.path || []).slice(from).map((p) => areaTitle(p));
  if (names.length === 0 || !a.path.some((p) => p.code === a.code)) names.push(areaTitle(a));
  return names.join(language.value === 'zh' ? ' ' : ' › ');
}

export const searchAreas = (text, signal) =>
  get('/areas', { q: text }, { signal }).then((answer) => answer.items);

export const childrenOf = (code, after) => get(`/areas/${code}/children`, { after });
