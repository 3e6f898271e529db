// What the pages of the safety side share.

import { get } from './api.js';
import { t } from './i18n.js';
import { choiceText, loadNouns, nounNamed } from './nouns.js';

/** The five elements of a major hazard, as fields of the noun. */
export const FIVE = ['measure', 'funds', 'responsible', 'limit_on', 'plan'];

/** Found once: a campaign over all that share a hazard's factor, as its form begins. */
export async function onceFrom(id) {
  await loadNouns();
  const { item, tasks } = await get(`/hazards/${id}`);
  const task = tasks?.length ? (await get(`/tasks/${tasks[0].id}`)).item : {};
  const choices = nounNamed('risks')?.fields.find((f) => f.name === 'factor')?.choices;
  const words = { factor: choiceText(choices, item.factor), hazard: item.title };
  return {
    name: t('hazard.once_name', words),
    title: t('hazard.once_title', words),
    detail: t('hazard.once_detail', words),
    scope: 'risks',
    query: `factor=${item.factor}`,
    sector: task.sector,
    rule: task.rule?.split('@')[0], // in the version of today
    needs: 'text,photo',
  };
}
