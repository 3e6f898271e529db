// Changes as they happen. One tab holds the event stream (whoever has the lock), and tells the
// others: a browser allows six connections to a server, and a row of tabs must not take them all.
import { onUnmounted } from 'vue';

const channel = 'BroadcastChannel' in window ? new BroadcastChannel('outpost-live') : null;
const heard = new Set();

function tell(event) {
  for (const listener of heard) listener(event);
}
if (channel) channel.onmessage = (message) => tell(message.data);

function hold() {
  return new Promise((end) => {
    const source = new EventSource('/api/v1/live');
    source.onmessage = (message) => {
      let event;
      try {
        event = JSON.parse(message.data);
      } catch {
        return;
      }
      channel?.postMessage(event);
      tell(event);
    };
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
  if (navigator.locks) navigator.locks.request('outpost-live', hold);
  else hold();
}

export function endLive() {
  stop?.();
  stop = null;
  started = false;
}

/** While this component lives: `listener` gets {topic, id} of what changed. */
export function useLive(listener) {
  heard.add(listener);
  onUnmounted(() => heard.delete(listener));
}
