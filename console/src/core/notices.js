// What one was told and has not read, or not confirmed: counted once for the bell and all pages.
import { reactive } from 'vue';
import { call, get } from './api.js';

const MOST = 200; // in one request
export const told = reactive({ unread: 0, asked: 0 });

function keep(answer) {
  told.unread = answer.unread;
  told.asked = answer.asked;
  return answer;
}

export const countNotices = () => get('/notices/count').then(keep);
export const listNotices = (query, options) => get('/notices', query, options).then(keep);

/** `act` is read or confirm; of one or of many. Answers the last receipt. */
export async function answerNotices(act, ids) {
  let receipt = null;
  for (let i = 0; i < ids.length; i += MOST) {
    const body = { notices: ids.slice(i, i + MOST) };
    receipt = keep(await call('POST', `/notices/${act}`, { body })).receipt;
  }
  return receipt;
}

/** 999 and more are that many: the server counts to a thousand. */
export const few = (n) => (n > 999 ? '999+' : String(n));
