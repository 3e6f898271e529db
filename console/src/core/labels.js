// Names that answers bring beside their rows: {organisation: {id: name}, area: {code: {zh, en}}}.
// A name that is null is not for us, or of nothing: then its id is shown, and nobody asks again.
import { reactive } from 'vue';

const known = reactive(new Map());

export function keepLabels(labels) {
  for (const [noun, names] of Object.entries(labels || {})) {
    for (const [id, name] of Object.entries(names)) {
      known.set(`${noun}/${id}`, noun === 'area' && !name.zh ? null : name);
    }
  }
}

/** The name; null: there is none for us; undefined: no answer has told it. */
export const labelOf = (noun, id) => known.get(`${noun}/${id}`);
