// Changes as they happen. One tab holds the event stream (whoever has the lock), and tells the
// others: a browser allows six connections to a server, and a row of tabs must not take them all.
import { onUnmounted } from 'vue';
import { loadNouns, nouns } from './nouns.js';

const channel = 'BroadcastChannel' in window ? new BroadcastChannel('outpost-live') : null;
const heard = new Set();

function tell(event) {
  for (const listener of heard) listener(event);
}
if (channel) channel.onmessage = (message) => tell(message.data);

/** What the server calls its events: nouns by name, and a few of its own. */
const own = ['message', 'ledger', 'break_glass', 'notice'];
const kinds = () => [...own, ...nouns.value.map((n) => n.name)];

function heardFrom(message) {
  let event = {};
  try {
    event = JSON.parse(message.data) || {};
  } catch {
    // an event without data is known by its name
  }
  const told = { topic: event.topic || message.type, id: String(event.id || '') };
  channel?.postMessage(told);
  tell(told);
}

function hold() {
  return new Promise((end) => {
    const source = new EventSource('/api/v1/live');
    for (const kind of kinds()) source.addEventListener(kind, heardFrom);
    let again = false;
    source.addEventListener('hello', () => {
      // After a break nobody knows what was missed: everything may have changed.
      if (again) heardFrom({ type: '*', data: '{}' });
      again = true;
    });
    stop = () => {
      source.close();
      end();
    };
  });
}

let stop = null;
let started = false;

export function startLive() {
  if (started || !('EventSource' in window)) return;
  started = true;
  loadNouns()
    .catch(() => {})
    .then(() => (navigator.locks ? navigator.locks.request('outpost-live', hold) : hold()));
}

export function endLive() {
  stop?.();
  stop = null;
  started = false;
}

/** While this component lives: `listener` gets {topic, id}; topic * means everything. */
export function useLive(listener) {
  heard.add(listener);
  onUnmounted(() => heard.delete(listener));
}
