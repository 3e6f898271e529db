// Notices of the stand-in: what its people were told, whether they said so, and who did not.
import { stamp } from './world.mjs';

const MIN = 60_000;
const OWN = '/notices';
const TOWN = '430802001000000';
const COUNTY = '430802000000000';
const RAISE = { word: 'raise', zh: '交办', en: 'Raise' };
const CLIMB = { word: 'climb', zh: '升级', en: 'Escalated' };
const LATE = { word: 'late', zh: '超期', en: 'Late' };
const WARN = { word: 'warn', zh: '临期提醒', en: 'Due soon' };
const LABELS = { organisation: { 71: '合成区卫生健康局', 72: '合成乡人民政府', 73: '合成村委会' } };

const sent = (channel, state) => ({ channel, state, tries: 1, next: null, at: null });

function rows(now) {
  const at = (minutes) => stamp(now - minutes * MIN);
  const row = (id, minutes, title, say, more) => ({
    id: String(id),
    task: String(9000 + id),
    area: TOWN,
    title,
    kind: 'order',
    state: 'open',
    owner: '72',
    by: stamp(now + 90 * MIN),
    say,
    level: 0,
    urgent: false,
    hop: 0,
    told_at: at(minutes),
    unread: true,
    asked: false,
    confirm_by: null,
    fell_at: null,
    confirmed_at: null,
    answered_by: null,
    sent: [],
    ...more,
  });
  const urgent = { urgent: true, asked: true };
  return [
    row(7, 4, '沙堤乡三处采石场边坡排查', CLIMB, {
      ...urgent,
      level: 1,
      by: at(30),
      confirm_by: stamp(now + 26 * MIN),
      sent: [sent('mail', 'told'), sent('webhook', 'sending')],
    }),
    row(6, 75, '密切接触者核实：请在两小时内反馈是否在辖区，并写明依据', LATE, {
      ...urgent,
      hop: 1,
      by: at(15),
      fell_at: at(15),
      sent: [sent('webhook', 'failed')],
    }),
    row(5, 12, '学校食堂燃气安全检查', RAISE, { sent: [sent('mail', 'waiting')] }),
    row(4, 50, '汛期值守情况报送', WARN, {}),
    row(3, 200, '加油站消防通道复查', RAISE, {
      unread: false,
      sent: [sent('mail', 'read')],
    }),
    row(2, 900, null, LATE, { ...urgent, asked: false, unread: false, confirmed_at: at(880) }),
    row(1, 1500, '独居老人走访', CLIMB, {
      ...urgent,
      asked: false,
      unread: false,
      level: 2,
      answered_by: '17',
      area: COUNTY,
    }),
  ];
}

const board = (now) => {
  const at = (minutes) => stamp(now - minutes * MIN);
  const one = (id, name, phone, duty, more) => ({
    id: String(id),
    task: '9007',
    area: TOWN,
    say: CLIMB,
    level: 1,
    hop: 0,
    duty,
    told_at: at(34),
    confirm_by: stamp(now + 26 * MIN),
    fell_at: null,
    unread: true,
    party: '72',
    account: '5',
    name,
    phone,
    title: '沙堤乡三处采石场边坡排查',
    kind: 'order',
    ...more,
  });
  return {
    items: [
      one(11, '合成值班员', '0731-55501234', 'on_watch', { fell_at: at(4), confirm_by: null }),
      one(12, '合成责任人', '0731-55502345', 'in_charge', { unread: false }),
      one(13, '合成成员', '', 'member', { party: '73', say: LATE }),
    ],
    next: null,
    more: false,
    nobody: [
      {
        task: '9005',
        party: '73',
        say: RAISE,
        at: at(12),
        area: TOWN,
        title: '学校食堂燃气安全检查',
        kind: 'order',
        phone: '0731-55503456',
        above: true,
      },
    ],
    labels: LABELS,
    as_of: stamp(now),
  };
};

/** `on` adds a route, `absent` is a refusal, `act` writes a receipt. */
export function addNotices({ on, clock, absent, act, empty }) {
  const all = empty ? [] : rows(clock());
  const wishes = { mail: '', quiet_from: null, quiet_to: null, by_mail: true, by_webhook: false };
  const counts = () => ({
    unread: all.filter((n) => n.unread).length,
    asked: all.filter((n) => n.asked).length,
  });
  const find = (id) => {
    const found = all.find((n) => n.id === id);
    if (!found) throw absent();
    return found;
  };
  on('GET', OWN, ({ query }) => ({
    items: all
      .filter((n) => !query.get('unread') || n.unread)
      .filter((n) => !query.get('asked') || n.asked),
    ...counts(),
    next: null,
    labels: LABELS,
    as_of: stamp(clock()),
  }));
  on('GET', `${OWN}/count`, counts);
  on('GET', `${OWN}/settings`, () => wishes);
  on('PUT', `${OWN}/settings`, ({ body, who }) => {
    Object.assign(wishes, body);
    return { receipt: act(who, 'notice-settings') };
  });
  on('GET', `${OWN}/board`, () => ({
    ...board(clock()),
    ...(empty ? { items: [], nobody: [] } : {}),
  }));
  on('POST', `${OWN}/read`, ({ body, who }) => {
    for (const id of body.notices) find(id).unread = false;
    return { ...counts(), receipt: act(who, 'notices-read') };
  });
  on('POST', `${OWN}/confirm`, ({ body, who }) => {
    for (const id of body.notices) {
      Object.assign(find(id), { unread: false, asked: false, confirmed_at: stamp(clock()) });
    }
    return { ...counts(), receipt: act(who, 'confirm') };
  });
}
