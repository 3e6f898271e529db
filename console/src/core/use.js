// Asking the server from a page: what is shown meanwhile, what if it fails, what if the page
// moved on.
import { onUnmounted, reactive } from 'vue';
import { network } from './api.js';

const SKELETON_MS = 200;

/**
 * A question with its states. `run(ask)` calls ask(signal); a newer run makes an older answer
 * void. The skeleton shows only after 200 ms, so that quick answers do not flicker.
 */
export function useAsk() {
  const state = reactive({ busy: false, slow: false, done: false, error: null, value: null });
  let turn = 0;
  let control = null;
  let last = null;

  async function run(ask) {
    last = ask;
    control?.abort();
    control = new AbortController();
    const mine = ++turn;
    state.busy = true;
    state.error = null;
    const timer = setTimeout(() => {
      if (mine === turn) state.slow = true;
    }, SKELETON_MS);
    try {
      const value = await ask(control.signal);
      if (mine === turn) {
        state.value = value;
        state.done = true;
      }
    } catch (error) {
      if (mine === turn && error.name !== 'AbortError') state.error = error;
    } finally {
      clearTimeout(timer);
      if (mine === turn) {
        state.busy = false;
        state.slow = false;
      }
    }
  }

  const again = () => last && run(last);
  const back = () => {
    if (state.error?.kind === 'offline') {
      network.online = true;
      again();
    }
  };
  window.addEventListener('online', back);
  onUnmounted(() => {
    turn++;
    control?.abort();
    window.removeEventListener('online', back);
  });
  return { state, run, again };
}
