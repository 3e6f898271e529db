// What was typed and not yet answered, kept in this tab: it survives a reload, a dead network and a
// session that ended, and goes with the tab or the log-out.
import { newKey } from './api.js';

const PREFIX = 'draft:';

export function readDraft(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name));
  } catch {
    return null;
  }
}

export function keepDraft(name, draft) {
  sessionStorage.setItem(PREFIX + name, JSON.stringify(draft));
}

export function dropDraft(name) {
  sessionStorage.removeItem(PREFIX + name);
}

export function forgetDrafts() {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  }
}

/**
 * The key under which a body is sent. The same body keeps its key, so that sending it again does it
 * once; another body is another act. `sent` is what was kept of the last attempt, or null.
 */
export function keyFor(sent, body) {
  const text = JSON.stringify(body);
  return sent && sent.text === text ? sent : { key: newKey(), text };
}
