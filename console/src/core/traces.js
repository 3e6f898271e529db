// Two answers to a trace of one case, held against each other.

const told = (c) => [c.class, c.rule, c.generation, c.overlap_s, c.encounters.length].join(' ');

/** {added, changed, gone, same}: who is in `is` and was not, stands otherwise, is there no more. */
export function changeOf(was, is) {
  const before = new Map(was.contacts.map((c) => [c.person, c]));
  const added = is.contacts.filter((c) => !before.has(c.person));
  const both = is.contacts.filter((c) => before.has(c.person));
  const changed = both
    .map((c) => ({ ...c, was: before.get(c.person) }))
    .filter((c) => told(c) !== told(c.was));
  for (const c of is.contacts) before.delete(c.person);
  return { added, changed, gone: [...before.values()], same: both.length - changed.length };
}
