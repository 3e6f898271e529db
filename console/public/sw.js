// Keeps the console's own files, so that its pages open without a network. No answer of the server
// is kept: whatever lies under /api/ passes by.
const SHELL = 'outpost-shell';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

/** The one page: as new as the network allows. Another page means another program: begin anew. */
async function page(request) {
  try {
    const fresh = await fetch(request);
    const type = fresh.headers.get('content-type') || '';
    if (!fresh.ok || !type.includes('html')) return fresh;
    const cache = await caches.open(SHELL);
    const kept = await cache.match('/');
    if (kept && kept.headers.get('etag') !== fresh.headers.get('etag')) await caches.delete(SHELL);
    await (await caches.open(SHELL)).put('/', fresh.clone());
    return fresh;
  } catch (reason) {
    const kept = await caches.match('/');
    if (kept) return kept;
    throw reason;
  }
}

/** Files with their digest in their name do not change. */
async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) (await caches.open(SHELL)).put(request, fresh.clone());
  return fresh;
}

self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== 'GET' || origin !== self.location.origin) return;
  if (pathname.startsWith('/api/')) return;
  if (event.request.mode === 'navigate') event.respondWith(page(event.request));
  else if (pathname.startsWith('/assets/')) event.respondWith(file(event.request));
});
