// Times as the server sees them: its clock, its offset; written as people here write them.
import { ref } from 'vue';

const zone = { minutes: -new Date().getTimezoneOffset() };
let ahead = 0; // server clock minus ours, ms
export const now = ref(Date.now());

const tick = () => {
  now.value = Date.now() + ahead;
};
setInterval(tick, 1000).unref?.(); // (a test's process may end all the same)

/** The offset written at the end of an RFC 3339 time, in minutes; null if it says Z. */
export function offsetOf(text) {
  const found = /([+-])(\d\d):(\d\d)$/.exec(text || '');
  if (!found) return null;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}

export function setClock(text) {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return;
  ahead = at - Date.now();
  // A server that speaks UTC says nothing about where it stands: then it is where the browser is.
  const minutes = offsetOf(text);
  if (minutes) zone.minutes = minutes;
  tick();
}

/** Civil parts of an instant in the server's zone. */
export function parts(at) {
  const d = new Date(at + zone.minutes * 60_000);
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    weekday: (d.getUTCDay() + 6) % 7, // 0 is Monday
  };
}

const two = (n) => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function day(p, language, year) {
  if (language === 'zh') return `${year ? `${p.year}年` : ''}${p.month}月${p.day}日`;
  return `${p.day} ${MONTHS[p.month - 1]}${year ? ` ${p.year}` : ''}`;
}

export function clockText(at, seconds = false) {
  const p = parts(at);
  return `${two(p.hour)}:${two(p.minute)}${seconds ? `:${two(p.second)}` : ''}`;
}

export function dayText(at, language) {
  const p = parts(at);
  return day(p, language, p.year !== parts(now.value).year);
}

/** 8月4日 14:30, with the year if it is not this one. */
export function timeText(text, language, seconds = false) {
  const at = typeof text === 'number' ? text : Date.parse(text);
  if (Number.isNaN(at)) return '';
  return `${dayText(at, language)} ${clockText(at, seconds)}`;
}

/** A civil date, YYYY-MM-DD, is no instant: no zone touches it. */
export function dateText(text, language) {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(text || '');
  if (!found) return text || '';
  const p = { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) };
  return day(p, language, p.year !== parts(now.value).year);
}

/** Instant of a civil time in the server's zone. */
export function instant(year, month, d, hour = 0, minute = 0) {
  return Date.UTC(year, month - 1, d, hour, minute) - zone.minutes * 60_000;
}

/** RFC 3339 with the server's offset. */
export function rfc3339(at) {
  const p = parts(at);
  const o = Math.abs(zone.minutes);
  const sign = zone.minutes < 0 ? '-' : '+';
  return (
    `${p.year}-${two(p.month)}-${two(p.day)}T${two(p.hour)}:${two(p.minute)}:${two(p.second)}` +
    `${sign}${two(Math.floor(o / 60))}:${two(o % 60)}`
  );
}

export function isoDate(at) {
  const p = parts(at);
  return `${p.year}-${two(p.month)}-${two(p.day)}`;
}

/** The first instant of the Monday of the week of `at`. */
export function weekOf(at) {
  const p = parts(at);
  return instant(p.year, p.month, p.day - p.weekday);
}

/** The stretches of [from, to) in which none of these runs; they come by their beginning. */
export function gapsBetween(spans, from, to) {
  const gaps = [];
  let until = from;
  for (const span of spans) {
    if (span.from >= to) break;
    if (span.from > until) gaps.push({ from: until, to: span.from });
    until = Math.max(until, span.to);
  }
  if (until < to) gaps.push({ from: until, to });
  return gaps;
}
