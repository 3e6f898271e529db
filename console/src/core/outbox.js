// Acts on their way out: kept on this device until the server has answered, sent exactly once. Each
// photo and each act has a key from the first moment on; a body that was tried once does not change
// any more, so that sending it again is the same act. Gone when sent, and at the log-out.
import { computed, shallowRef } from 'vue';
import { call, get, newKey } from './api.js';

const STORE = 'acts';
const OLD_MS = 7 * 86400_000;
const AGAIN_MS = 20_000;
const BUSY = [408, 425, 429]; // refusals that mean "later", not "no"
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('outpost-outbox') : null;

/**
 * {id, account, task, event, zh, en, turn, title, reason, text, to, until, moved, photos, key,
 * state, tried, body, at, error}. state: draft (being written), waiting, refused.
 */
export const outbox = shallowRef([]);
export const receipts = shallowRef([]); // {key, act, receipt} of what was sent from this page
export const waiting = computed(() => outbox.value.filter((a) => a.state !== 'draft'));
export const actOf = (task, event) => outbox.value.find((a) => a.id === `${task}:${event}`);
export const waitingOf = (task) => waiting.value.find((a) => a.task === task);

// ---- the store: IndexedDB, or memory where a browser has none to give ----

let opened = null;
const memory = new Map();

function open() {
  opened ||= new Promise((done, fail) => {
    const asked = indexedDB.open('outpost-outbox', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'id' });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  }).catch(() => null);
  return opened;
}
async function withStore(mode, work, instead) {
  const db = await open();
  if (!db) return instead();
  return new Promise((done, fail) => {
    const tx = db.transaction(STORE, mode);
    const asked = work(tx.objectStore(STORE));
    tx.oncomplete = () => done(asked.result);
    tx.onerror = () => fail(tx.error);
    tx.onabort = () => fail(tx.error);
  });
}
const stored = () => withStore('readonly', (s) => s.getAll(), () => [...memory.values()]);
const put = (act) => withStore('readwrite', (s) => s.put(act), () => memory.set(act.id, act));
const remove = (id) => withStore('readwrite', (s) => s.delete(id), () => memory.delete(id));

// ---- what pages do ----

let mine = ''; // the account whose acts these are

async function look(tell = true) {
  const all = await stored();
  outbox.value = all.filter((a) => a.account === mine).sort((a, b) => a.at - b.at);
  if (tell) channel?.postMessage({});
}
if (channel) channel.onmessage = () => look(false);

/** After a log-in: what this account has not sent goes now. */
export async function openOutbox(account) {
  mine = account;
  for (const act of await stored()) if (Date.now() - act.at > OLD_MS) await remove(act.id);
  await look();
  flush();
}
/** Before it is known who is there: how many acts lie on this device. */
export const countStored = async () =>
  (await stored()).filter((a) => a.state !== 'draft').length;

/** While it is being written: survives a closed tab. */
export async function keepAct(act) {
  const before = actOf(act.task, act.event);
  if (before && before.state !== 'draft') return;
  const id = `${act.task}:${act.event}`;
  await put({ ...act, id, account: mine, state: 'draft', at: Date.now() });
  await look();
}
export async function dropAct(id) {
  await remove(id);
  await look();
}
/** At the log-out: everything, whoever wrote it. */
export async function forgetOutbox() {
  receipts.value = [];
  outbox.value = [];
  try {
    await withStore('readwrite', (s) => s.clear(), () => memory.clear());
  } finally {
    channel?.postMessage({});
  }
}

/** Send it, or keep it until that can be done: {sent: answer}, {waiting: true} or {error}. */
export async function submitAct(act) {
  const id = `${act.task}:${act.event}`;
  outcomes.delete(id);
  await put({
    ...act,
    id,
    account: mine,
    key: newKey(),
    state: 'waiting',
    tried: false,
    body: null,
    error: null,
    at: Date.now(),
  });
  await look();
  await flush();
  const outcome = outcomes.get(id);
  outcomes.delete(id);
  return outcome || { waiting: true };
}
/** A refused one again, on the task as it is now. */
export async function submitAgain(act) {
  const { turn } = await get(`/tasks/${act.task}`);
  return submitAct({ ...act, turn });
}

// ---- sending ----

const outcomes = new Map(); // of what was sent by this page
let going = null;
let more = false;

/** One sender at a time, over all tabs; a call while it works makes it look once more. */
export function flush() {
  more = true;
  going ||= (async () => {
    while (more) {
      more = false;
      await (navigator.locks ? navigator.locks.request('outpost-outbox', sendAll) : sendAll());
    }
  })().finally(() => {
    going = null;
  });
  return going;
}

async function sendAll() {
  const stopped = new Set(); // after a refusal, later acts on the same task wait for a person
  const acts = (await stored()).filter((a) => a.account === mine && a.state !== 'draft');
  for (const act of acts.sort((a, b) => a.at - b.at)) {
    if (act.state === 'refused') stopped.add(act.task);
    if (stopped.has(act.task)) continue;
    try {
      const answer = await send(act);
      await remove(act.id);
      outcomes.set(act.id, { sent: answer });
      if (answer.receipt) {
        receipts.value = [
          ...receipts.value,
          { key: act.key, act, receipt: answer.receipt },
        ];
      }
      await passTurn(act.task, answer.turn);
    } catch (error) {
      const later = !error.answered || BUSY.includes(error.status);
      if (later) break; // what cannot be said now is said next time, in the same order
      const { zh, en, kind } = error;
      await put({ ...act, state: 'refused', error: { zh, en, kind } });
      outcomes.set(act.id, { error });
      stopped.add(act.task);
    }
  }
  await look();
}

/** Acts written one after the other without a network: the later one follows on the former. */
async function passTurn(task, turn) {
  if (!turn) return;
  for (const act of await stored())
    if (act.task === task && !act.body && turn > act.turn) await put({ ...act, turn });
}

/** A file to its task; brought again, it is the same file. */
export async function bring(task, photo) {
  const { item } = await call('POST', `/tasks/${task}/files`, {
    raw: photo.blob,
    type: photo.blob.type,
    key: photo.key,
  });
  photo.file = item.id;
}

async function send(act) {
  for (const photo of act.photos || []) {
    if (photo.file) continue;
    act.tried = true;
    await put(act);
    await bring(act.task, photo);
    await put(act);
  }
  if (!act.body) {
    const fresh = (await stored()).find((a) => a.id === act.id);
    const files = (act.photos || []).map((p) => p.file);
    act.body = {
      turn: Math.max(act.turn, fresh?.turn || 0),
      ...(act.reason ? { reason: act.reason } : {}),
      ...(act.text ? { text: act.text } : {}),
      ...(files.length ? { files } : {}),
      ...(act.to ? { to: act.to } : {}),
      ...(act.until ? { until: act.until } : {}),
      ...(act.moved ? { moved: true } : {}),
    };
    act.tried = true;
    await put(act);
  }
  return call('POST', `/tasks/${act.task}/do/${act.event}`, { body: act.body, key: act.key });
}

window.addEventListener('online', flush);
setInterval(() => {
  if (mine && outbox.value.some((a) => a.state === 'waiting')) flush();
}, AGAIN_MS);
