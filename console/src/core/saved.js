// Filters that one has saved under a name: kept by the server for the account, so that they are
// there on any machine. Each is an address, and can be sent to somebody else as one.
import { shallowRef } from 'vue';
import { call, get } from './api.js';

export const saved = shallowRef({}); // path of a noun -> [{name, query}]

export async function loadSaved() {
  const { items } = await get('/session/filters');
  saved.value = Object.fromEntries(items.map((item) => [item.noun, item.filters]));
}

/** Keep the whole list of a noun; what is shown changes when the server has it. */
async function keep(noun, filters) {
  await call('PUT', '/session/filters', { body: { noun, filters } });
  saved.value = { ...saved.value, [noun]: filters };
}
/** Under a name that is there already, the new one takes the place of the old. */
export const saveFilter = (noun, name, query) =>
  keep(noun, [...(saved.value[noun] || []).filter((f) => f.name !== name), { name, query }]);
export const dropFilter = (noun, name) =>
  keep(
    noun,
    saved.value[noun].filter((f) => f.name !== name),
  );
