// How a list is narrowed: in the address what may be seen over a shoulder and shared, in memory
// what is a name or a number of a person.
/** Names and numbers of people, in whatever class: never in an address. */
export const aboutPeople = (field) => ['official', 'cdc', 'vault'].includes(field.see);

/** A field as the list asks it of the server: one value, or from and to. */
export const isRange = (field) => ['time', 'date', 'i64'].includes(field.type);
/** The words of the address a list understands. */
export function filterWords(noun) {
  const words = ['area', 'state', 'q'];
  if (noun.reads_up) words.push('above');
  for (const field of noun.fields.filter((f) => f.filter)) {
    if (isRange(field)) words.push(`${field.name}_from`, `${field.name}_to`);
    else words.push(field.name);
  }
  return words;
}

/** What the server is asked: without an area it gives one's own and what lies right above. */
export function asAsked({ above, ...filters }) {
  return above ? { ...filters, area: '' } : filters;
}

/** May this word stand in the address bar? */
export function mayShow(noun, word) {
  if (['area', 'state', 'above'].includes(word)) return true;
  if (word === 'q') return !noun.fields.some((f) => f.search && aboutPeople(f));
  const field = noun.fields.find(
    (f) => f.name === word || `${f.name}_from` === word || `${f.name}_to` === word,
  );
  return Boolean(field) && (!aboutPeople(field) || !['text', 'long', 'phone'].includes(field.type));
}

/** Split what was chosen into what the address shows and what only this page knows. */
export function splitFilters(noun, chosen) {
  const shown = {};
  const hidden = {};
  for (const word of filterWords(noun)) {
    const value = chosen[word];
    if (value === undefined || value === null || value === '') continue;
    (mayShow(noun, word) ? shown : hidden)[word] = String(value);
  }
  return { shown, hidden };
}
