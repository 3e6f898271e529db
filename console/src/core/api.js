// The one way to the server: JSON in and out, errors as values of one class, and a session that may
// end under a half-written form without losing it.
import { reactive } from 'vue';
import { keepLabels } from './labels.js';

export const network = reactive({ online: navigator.onLine });
window.addEventListener('online', () => {
  network.online = true;
});
window.addEventListener('offline', () => {
  network.online = false;
});

export class ApiError extends Error {
  constructor(status, body, path) {
    super(body.message_en || `status ${status}`);
    this.status = status; // 0: no answer came
    this.code = body.code || '';
    this.zh = body.message_zh || '';
    this.en = body.message_en || '';
    this.field = body.field || '';
    this.where = body.where || path;
    this.refused = body.refused || []; // of an act on many: each with its reason
    this.retryAfter = body.retry_after || 0;
  }

  /** Did the server say no (and so did nothing), or do we not know? */
  get answered() {
    return this.status >= 400 && this.status < 500;
  }

  get kind() {
    if (this.status === 0) return 'offline';
    if (this.status === 401) return 'ended';
    if (this.status === 403) return 'denied';
    if (this.status === 404) return 'missing';
    return this.status < 500 ? 'refused' : 'broken';
  }
}

let waitForLogin = null; // set by session.js: a promise of the next log-in

export function onSessionEnded(wait) {
  waitForLogin = wait;
}

function address(path, query) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query || {})) {
    if (value !== undefined && value !== null && value !== '') words.set(name, String(value));
  }
  const tail = words.toString();
  return `/api/v1${path}${tail ? `?${tail}` : ''}`;
}

async function read(response, path) {
  const type = response.headers.get('content-type') || '';
  let body = null;
  if (type.includes('json') && response.status !== 204) {
    try {
      body = await response.json();
    } catch {
      if (response.ok) throw new ApiError(0, {}, path); // the answer broke off
    }
  }
  if (response.ok) {
    keepLabels(body?.labels);
    return body;
  }
  const error = new ApiError(response.status, body || {}, path);
  error.retryAfter = Number(response.headers.get('retry-after')) || error.retryAfter;
  throw error;
}

/**
 * One request. `options`: query, body (JSON), raw and type (bytes), key (Idempotency-Key), version
 * (If-Match), blob (answer is a file), signal, quiet401 (a refusal is the answer, not an end).
 */
export async function call(method, path, options = {}) {
  const headers = { accept: 'application/json' };
  let body;
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(options.body);
  } else if (options.raw !== undefined) {
    headers['content-type'] = options.type || 'application/octet-stream';
    body = options.raw;
  }
  if (method !== 'GET') headers['idempotency-key'] = options.key || newKey();
  if (options.version !== undefined) headers['if-match'] = `"${options.version}"`;

  let response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      credentials: 'same-origin',
      cache: 'no-store',
    });
    network.online = true;
  } catch (reason) {
    if (reason.name === 'AbortError') throw reason;
    network.online = false;
    throw new ApiError(0, {}, path);
  }
  if (response.status === 401 && !options.quiet401 && waitForLogin) {
    await waitForLogin();
    return call(method, path, options);
  }
  if (options.blob && response.ok) return response.blob();
  return read(response, path);
}

export const get = (path, query, options) => call('GET', path, { ...options, query });

/** A key no other form has: what is sent twice with it is done once. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** Offer bytes as a file. */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
