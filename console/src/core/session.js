// Who is signed in, what they may, where; and what happens when the session ends under them.
import { computed, reactive } from 'vue';
import { call, onSessionEnded } from './api.js';
import { forgetDrafts } from './drafts.js';
import { setLanguage } from './i18n.js';
import { forgetOutbox, openOutbox } from './outbox.js';
import { setClock } from './time.js';

export const session = reactive({
  state: 'unknown', // unknown, out, in, ended
  account: null,
  roles: [],
  capabilities: [],
  scopes: [],
  mustChange: false,
  totp: false,
  demo: false,
});

export const home = computed(() => session.scopes[0]?.code || '');

export function may(capability) {
  return session.capabilities.includes(capability);
}

let resume = [];

function take(answer) {
  if (session.account && session.account.id !== answer.account.id) {
    // Somebody else sat down: nothing of the former page may stay.
    forgetDrafts();
    forgetOutbox().finally(() => window.location.assign('/'));
    return;
  }
  session.account = answer.account;
  session.roles = answer.roles || [];
  session.capabilities = answer.capabilities || [];
  session.scopes = answer.scopes || [];
  session.mustChange = Boolean(answer.must_change);
  session.totp = Boolean(answer.totp);
  session.demo = Boolean(answer.demo);
  session.state = 'in';
  if (may('task_do')) openOutbox(session.account.id);
  setClock(answer.now);
  if (!localStorage.getItem('language') && answer.language) setLanguage(answer.language, false);
  for (const go of resume) go();
  resume = [];
}

/** Ask the server who we are; settles on `in` or `out`, throws only if no answer came. */
export async function lookUp() {
  try {
    take(await call('GET', '/session', { quiet401: true }));
  } catch (error) {
    if (error.status !== 401) throw error;
    session.state = 'out';
  }
}

export async function logIn(login, password, totp) {
  await call('POST', '/session', {
    body: totp ? { login, password, totp } : { login, password },
    quiet401: true,
  });
  await lookUp();
}

export async function logOut() {
  forgetDrafts();
  await forgetOutbox();
  try {
    await call('DELETE', '/session', { quiet401: true });
  } finally {
    window.location.assign('/login');
  }
}

onSessionEnded(() => {
  if (session.state === 'out' || session.state === 'unknown') session.state = 'out';
  else session.state = 'ended';
  return new Promise((go) => {
    resume.push(go);
  });
});
