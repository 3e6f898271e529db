// The nouns this account may read, as the server declares them; and what follows from a field
// table.
import { computed, shallowRef } from 'vue';
import { get } from './api.js';
import { say } from './i18n.js';
import { labelOf } from './labels.js';
import { place } from './place.js';

const list = shallowRef(null);
let asked = null;

export function loadNouns() {
  asked ||= get('/nouns')
    .then((answer) => {
      list.value = Array.isArray(answer) ? answer : answer.items;
      return list.value;
    })
    .catch((error) => {
      asked = null;
      throw error;
    });
  return asked;
}

export const nouns = computed(() => list.value || []);
const OWN_PAGES = ['accounts', 'tasks', 'campaigns'];
/** Those that are shown as lists and no more; the others have pages of their own. */
export const registers = computed(() => nouns.value.filter((n) => !OWN_PAGES.includes(n.path)));
export const nounNamed = (name) => nouns.value.find((n) => n.name === name || n.path === name);

/** Is there anything for people to write? Else rows are made and changed by other acts alone. */
export const isWritten = (noun) => noun.fields.some((f) => !f.server && !f.fixed);

/** Fields of the list before anybody chose: those the noun lists. */
export const listed = (noun) => noun.fields.filter((f) => f.listed);

/** The field that names an item to people, as the noun says; else its first text, or field. */
export function titleField(noun) {
  const said = noun.fields.find((f) => f.name === noun.label);
  if (said) return said;
  return noun.fields.find((f) => f.type === 'text' && f.required) || noun.fields[0];
}

/** What an item is called: its name, or what its key says (消防 · 部门). */
export function titleOf(noun, item) {
  const field = titleField(noun);
  if (field.type === 'text') return item[field.name] || item.id;
  const words = noun.fields
    .filter((f) => f.type === 'choice' && f.required)
    .map((f) => choiceText(f.choices, item[f.name]))
    .filter(Boolean);
  return words.join(' · ') || item.id;
}

export const choiceText = (choices, word) =>
  say((choices || []).find((c) => c.word === word)) || word || '';

const rows = new Map();
const primed = new Map();
const PRIME_PAGES = 2;
const PRIME_LIMIT = 200;

/**
 * Names behind references are read as one list, not row by row: a list of officers is one entry in
 * the ledger, two hundred single look-ups would bury what matters there.
 */
function prime(noun, area) {
  const key = `${noun.name} ${area}`;
  if (!primed.has(key)) {
    primed.set(
      key,
      (async () => {
        let after;
        for (let n = 0; n < PRIME_PAGES; n++) {
          const answer = await get(`/${noun.path}`, { area, limit: PRIME_LIMIT, after });
          for (const item of answer.items)
            rows.set(`${noun.name}/${item.id}`, Promise.resolve(item));
          after = answer.next;
          if (!after) break;
        }
      })().catch(() => {}),
    );
  }
  return primed.get(key);
}

/** What a reference points at; asked once, several at a time share the answer. */
export async function refItem(refers, id) {
  const noun = nounNamed(refers);
  if (!noun || !id) return null;
  const key = `${noun.name}/${id}`;
  if (!rows.has(key)) await prime(noun, place.value);
  if (!rows.has(key)) {
    rows.set(
      key,
      get(`/${noun.path}/${id}`).then(
        (a) => a.item,
        () => null,
      ),
    );
  }
  return rows.get(key);
}

/** Its name: as an answer told it, or by asking for the row itself. */
export async function refTitle(refers, id) {
  const told = id ? labelOf(refers, id) : '';
  if (told !== undefined) return told || id || '';
  const item = await refItem(refers, id);
  return item ? titleOf(nounNamed(refers), item) : id || '';
}

export function forgetRow(noun, id) {
  rows.delete(`${noun.name}/${id}`);
}
