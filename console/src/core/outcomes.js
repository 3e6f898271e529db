// What came of things, as their rows and stories tell it: an appeal, the photos of a hazard.

const ENDS = ['end', 'lift', 'lapse', 'case'];

/**
 * Of an appeal {task: the latest, story} against a measure: the word, and the step that says why;
 * null while it waits. What ended the measure is the server's to say.
 */
export function appealOutcome(measure, task, story = []) {
  const last = (event) => [...story].reverse().find((s) => s.event === event);
  if (!task) return null;
  if (measure.ended_by === 'overturn') return { word: 'overturn', step: last('cancel') };
  if (task.state === 'closed' && last('close')) return { word: 'upheld', step: last('close') };
  return ENDS.includes(measure.ended_by) ? { word: measure.ended_by } : null;
}

const shows = (f) => Math.max(0, ...(f.turns || []));

/**
 * The pictures of a hazard's task: before it was put right, as its last proof shows it, and those
 * that nobody has shown yet. Found so is what was there before anybody took it up, or what the
 * party brought that reported it to another.
 */
export function hazardSides({ item, story = [], files = [] }) {
  const pictures = files.filter((f) => f.media?.startsWith('image/'));
  const last = Math.max(0, ...pictures.map(shows));
  const taken = story.find((s) => s.event === 'accept' || s.event === 'prove');
  const found = (f) =>
    !taken ||
    Date.parse(f.at) <= Date.parse(taken.at) ||
    (f.party === item.sender && f.party !== item.owner);
  const loose = pictures.filter((f) => !shows(f));
  return [
    { word: 'before', files: loose.filter(found) },
    { word: 'after', files: pictures.filter((f) => last && shows(f) === last) },
    { word: 'unshown', files: loose.filter((f) => !found(f)) },
  ];
}
