// Keys that work everywhere, unless somebody is typing.
import { onMounted, onUnmounted } from 'vue';

const typing = (node) =>
  node.closest?.('input, textarea, select, [contenteditable], [role=listbox]');

/** `map`: key to function, while the component lives. */
export function useKeys(map) {
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const act = map[event.key];
    if (act && act(event) !== false) event.preventDefault();
  };
  onMounted(() => window.addEventListener('keydown', press));
  onUnmounted(() => window.removeEventListener('keydown', press));
}
