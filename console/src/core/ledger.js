// Entries of the ledger as people read them: words of the server where they are known.
import { i18n, say, t } from './i18n.js';
import { nounNamed } from './nouns.js';

/** By somebody at the machine itself, who has no account there. */
export const atTheDesk = (row) => !Number(row.actor) && row.detail === 'at the command line';

/** What was done: the button's word of a flow, a known action, or the word itself. */
export function actionText(row) {
  const noun = nounNamed(row.object);
  const step = noun?.steps?.find((s) => s.event === row.action);
  const key = `action.${row.action}`;
  const read = row.kind === 'read' ? t('ledger.read') : row.action;
  const what = step ? say(step) : i18n.global.te(key) ? t(key) : read;
  return row.detail && !atTheDesk(row) ? `${what} (${row.detail})` : what;
}

/** By its noun; an auditor reads entries of nouns that are not shown to auditors. */
export function objectText(row) {
  if (!row.object) return '–';
  const noun = nounNamed(row.object);
  const key = `object.${row.object}`;
  const what = noun ? say(noun) : i18n.global.te(key) ? t(key) : row.object;
  return `${what}${Number(row.object_id) ? ` ${row.object_id}` : ''}`;
}

export function objectLink(row) {
  const noun = nounNamed(row.object);
  return noun && Number(row.object_id) ? `/n/${noun.path}/${row.object_id}` : null;
}
