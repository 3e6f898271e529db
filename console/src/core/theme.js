// Light by day, dark for the night shift and the wall; the system's choice until somebody chooses.
import { ref } from 'vue';

const wish = window.matchMedia('(prefers-color-scheme: dark)');
export const theme = ref(localStorage.getItem('theme') || 'system');
export const dark = ref(false);

function apply() {
  dark.value = theme.value === 'dark' || (theme.value === 'system' && wish.matches);
  document.documentElement.classList.toggle('dark', dark.value);
}
wish.addEventListener('change', apply);
apply();

export function setTheme(word) {
  theme.value = word;
  localStorage.setItem('theme', word);
  apply();
}
