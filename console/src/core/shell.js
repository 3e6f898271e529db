// The program's own files, kept by the browser so that the pages open without a network. Only who
// uses the inbox needs that; what the server says of people is never kept (public/sw.js).
const SHELL = 'outpost-shell'; // its name in sw.js
let asked = false;

/** What was fetched before the worker was there. */
const fetched = () =>
  performance
    .getEntriesByType('resource')
    .map((e) => new URL(e.name))
    .filter((u) => u.origin === window.location.origin && u.pathname.startsWith('/assets/'))
    .map((u) => u.pathname);

export async function keepShell() {
  if (asked || !window.isSecureContext || !('serviceWorker' in navigator)) return;
  asked = true;
  try {
    await navigator.serviceWorker.register('/sw.js');
    const cache = await caches.open(SHELL);
    const kept = new Set((await cache.keys()).map((r) => new URL(r.url).pathname));
    await cache.addAll([...new Set(['/', ...fetched()])].filter((path) => !kept.has(path)));
  } catch {
    asked = false; // the next page that wants it tries again
  }
}
