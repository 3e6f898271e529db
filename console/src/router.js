// Where everything is. A page's code is fetched when it is first wanted.
import { createRouter, createWebHistory } from 'vue-router';
import { network } from './core/api.js';
import { setPlace } from './core/place.js';
import { lookUp, session } from './core/session.js';

// The map's library is fetched by its first map; all else by the first free moment after log-in, so
// that a page opens at once, also when the network has gone.
const pages = {
  login: () => import('./pages/login.vue'),
  home: () => import('./pages/home.vue'),
  area: () => import('./pages/area.vue'),
  responsibility: () => import('./pages/responsibility.vue'),
  duty: () => import('./pages/duty.vue'),
  registers: () => import('./pages/registers.vue'),
  list: () => import('./pages/list.vue'),
  record: () => import('./pages/record.vue'),
  import: () => import('./pages/import.vue'),
  feeds: () => import('./pages/feeds.vue'),
  feed: () => import('./pages/feed.vue'),
  batch: () => import('./pages/batch.vue'),
  review: () => import('./pages/review.vue'),
  looks: () => import('./pages/looks.vue'),
  report: () => import('./pages/access-report.vue'),
  glass: () => import('./pages/break-glass.vue'),
  expiry: () => import('./pages/expiry.vue'),
  ledger: () => import('./pages/ledger.vue'),
  receipt: () => import('./pages/receipt.vue'),
  inbox: () => import('./pages/inbox.vue'),
  tasks: () => import('./pages/tasks.vue'),
  task: () => import('./pages/task.vue'),
  clocks: () => import('./pages/clocks.vue'),
  campaigns: () => import('./pages/campaigns.vue'),
  campaign: () => import('./pages/campaign.vue'),
  signals: () => import('./pages/signals.vue'),
  signal: () => import('./pages/signal.vue'),
  accuracy: () => import('./pages/accuracy.vue'),
  notices: () => import('./pages/notices.vue'),
  me: () => import('./pages/me.vue'),
  nowhere: () => import('./pages/nowhere.vue'),
};
const page = (path, name, title) => ({ path, component: pages[name], meta: { title } });

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', component: pages.login, meta: { open: true } },
    page('/', 'home', 'nav.home'),
    page('/areas/:code(\\d{15})', 'area', 'nav.areas'),
    page('/responsibility', 'responsibility', 'nav.responsibility'),
    page('/duty', 'duty', 'nav.duty'),
    page('/inbox', 'inbox', 'nav.inbox'),
    page('/tasks', 'tasks', 'nav.tasks'),
    page('/tasks/:id(\\d+)', 'task', 'nav.tasks'),
    page('/clocks', 'clocks', 'nav.clocks'),
    page('/campaigns', 'campaigns', 'nav.campaigns'),
    page('/campaigns/:id(\\d+)', 'campaign', 'nav.campaigns'),
    page('/signals', 'signals', 'loop.signals'),
    page('/signals/:id(\\d+)', 'signal', 'loop.signals'),
    page('/accuracy', 'accuracy', 'loop.accuracy'),
    // What the ledger and the registers lead to by the noun's name has pages of its own.
    { path: '/n/tasks/:id(\\d+)?', redirect: (to) => `/tasks/${to.params.id}`.replace(/\/$/, '') },
    {
      path: '/n/campaigns/:id(\\d+)?',
      redirect: (to) => `/campaigns/${to.params.id}`.replace(/\/$/, ''),
    },
    {
      path: '/n/signals/:id(\\d+)?',
      redirect: (to) => `/signals/${to.params.id}`.replace(/\/$/, ''),
    },
    page('/n', 'registers', 'nav.registers'),
    {
      ...page('/n/:noun', 'list', 'nav.registers'),
      children: [{ path: ':id', component: pages.record }],
    },
    page('/import/:noun', 'import', 'nav.import'),
    page('/feeds', 'feeds', 'nav.feeds'),
    page('/feeds/:id(\\d+)', 'feed', 'nav.feeds'),
    page('/batches/:id(\\d+)', 'batch', 'nav.feeds'),
    page('/review', 'review', 'nav.feeds'),
    page('/names', 'looks', 'nav.names'),
    page('/names/report', 'report', 'nav.names'),
    page('/names/emergency', 'glass', 'nav.names'),
    page('/expiry', 'expiry', 'expiry.title'),
    page('/ledger', 'ledger', 'nav.ledger'),
    page('/receipt', 'receipt', 'nav.receipt'),
    page('/notices', 'notices', 'notices.title'),
    page('/me', 'me', 'nav.me'),
    page('/:rest(.*)*', 'nowhere', 'state.missing'),
  ],
});

// The area in the address is the area of the tab from now on.
router.afterEach((to) => {
  const code = to.params.code || to.query.area;
  if (/^\d{15}$/.test(code || '')) setPlace(code);
});

export function fetchPages() {
  const idle = window.requestIdleCallback || ((work) => setTimeout(work, 2000));
  idle(() => Object.values(pages).forEach((load) => load().catch(() => {})));
}

// A page's code that cannot be fetched: the network has gone, and the strip says so.
router.onError(() => {
  network.online = false;
});

router.beforeEach(async (to) => {
  if (session.state === 'unknown') {
    try {
      await lookUp();
    } catch {
      return true; // no answer came: the shell says so, and tries again
    }
  }
  const inside = session.state === 'in' && !session.mustChange;
  if (to.meta.open) return inside ? to.query.to || '/' : true;
  if (session.state === 'unknown' || session.state === 'ended' || inside) return true;
  return { path: '/login', query: to.fullPath === '/' ? {} : { to: to.fullPath } };
});
