// The area the page is about: chosen in the top bar, kept for this tab, the account's own at first.
import { computed, ref } from 'vue';
import { covers } from './areas.js';
import { home, session } from './session.js';

const chosen = ref(sessionStorage.getItem('area') || '');
export const place = computed(() => chosen.value || home.value);

export function setPlace(code) {
  chosen.value = code;
  sessionStorage.setItem('area', code);
}

/** May rows lie there that this account makes? What is above it is only read. */
export const isOwn = (code) => session.scopes.some((s) => covers(s.code, code));
