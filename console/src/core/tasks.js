// Tasks as pages show them: which act comes next, what an act asks for, how much time is left.
import { i18n, language, say, t } from './i18n.js';
import { choiceText, nounNamed } from './nouns.js';

/** Of what somebody may do: the first of these is what they most likely came for. */
const NEXT = ['take', 'accept', 'prove', 'close', 'start'];
export const nextAct = (may) =>
  NEXT.map((word) => (may || []).find((m) => m.event === word)).find(Boolean) || null;
export const otherActs = (may, next) => (may || []).filter((m) => m.event !== next?.event);

/** What is asked for before an act is sent; an act that is not here needs nothing. */
const ASKS = {
  prove: { proof: true },
  close: { note: true },
  decline: { reason: true, moved: true },
  return: { reason: true },
  refuse: { reason: true, moved: true },
  cancel: { reason: true },
  offer: { to: true, note: true },
  assign: { to: true, note: true },
  extend: { until: true, reason: true },
  tighten: { until: true, note: true },
};
export const asksOf = (event) => ASKS[event] || {};

/** Its button: the server's word, but a proof says what it wants. */
export function actText(act, needs = []) {
  if (act.event === 'prove' && needs.includes('photo')) return t('task.prove_photo');
  return say(act) || act.event;
}

/** What kind it is: a word that the room owns which raised it. */
export const kindText = (kind) =>
  i18n.global.te(`task_kind.${kind}`) ? t(`task_kind.${kind}`) : kind;
export const stateText = (state) => choiceText(nounNamed('tasks')?.states, state);
export const choiceOf = (name, word) =>
  choiceText(nounNamed('tasks')?.fields.find((f) => f.name === name)?.choices, word);
/** Grey does the work: green is closed and checked, orange came back. */
export const stateColour = (state) => ({ closed: 'green', returned: 'orange' })[state] || '';

export const needsText = (needs) =>
  (needs || []).map((n) => t(`need.${n}`)).join(language.value === 'zh' ? '、' : ', ');

export const SOON_MS = 2 * 3600_000;
const SECONDS_UNDER_MS = 10 * 60_000;
const MINUTE_MS = 60_000;

/** A span as people say it: two units, seconds only when they count. */
export function spanText(ms) {
  const m = Math.floor(ms / MINUTE_MS);
  const [days, hours, minutes] = [Math.floor(m / 1440), Math.floor(m / 60) % 24, m % 60];
  if (days > 0) return t('span.days', { d: days, h: hours });
  if (hours > 0) return t('span.hours', { h: hours, m: minutes });
  if (ms >= SECONDS_UNDER_MS) return t('span.minutes', { m: minutes });
  const s = Math.floor(ms / 1000) % 60;
  return minutes > 0 ? t('span.seconds', { m: minutes, s }) : t('span.moment', { s });
}
