// The mock's nouns: between them every type of field there is.
const REQUIRED = 1,
  FIXED = 2,
  SERVER = 4,
  LISTED = 8,
  FILTER = 16,
  SEARCH = 32,
  EXPORT = 64,
  KEY = 128;

function field(name, type, zh, en, see, flags, more = {}) {
  const has = (bit) => (flags & bit) !== 0;
  return {
    name,
    type,
    zh,
    en,
    see,
    required: has(REQUIRED),
    fixed: has(FIXED),
    server: has(SERVER),
    listed: has(LISTED),
    filter: has(FILTER),
    search: has(SEARCH),
    export: has(EXPORT),
    key: has(KEY),
    ...more,
  };
}
const choices = (...rows) => rows.map(([word, zh, en]) => ({ word, zh, en }));

export const SECTORS = choices(
  ['epidemic', '疫情防控', 'Epidemic control'],
  ['mine', '矿山', 'Mines'],
  ['chemical', '危险化学品', 'Hazardous chemicals'],
  ['fire', '消防', 'Fire safety'],
  ['road', '道路交通', 'Road traffic'],
  ['flood', '防汛抗旱', 'Flood and drought'],
);
export const PARTIES = choices(
  ['territory', '属地', 'Territory'],
  ['department', '部门', 'Department'],
  ['unit', '单位', 'Unit'],
  ['individual', '个人', 'Individual'],
);
const ACTIVE = choices(['active', '有效', 'Active'], ['closed', '停用', 'Closed']);
const CLOSE = [
  { from: 'active', event: 'close', to: 'closed', zh: '停用', en: 'Close' },
  { from: 'closed', event: 'open', to: 'active', zh: '恢复', en: 'Open again' },
];
const all = { read: true, write: true, import: true, export: true };

export const NOUNS = [
  {
    name: 'organisation',
    label: 'name',
    reads_up: true,
    path: 'organisations',
    zh: '机构',
    en: 'Organisation',
    en_many: 'Organisations',
    states: ACTIVE,
    steps: CLOSE,
    may: all,
    fields: [
      field('name', 'text', '名称', 'Name', 'public', REQUIRED | LISTED | SEARCH | EXPORT | KEY, {
        min: 2,
        max: 60,
        hint_zh: '写全称',
        hint_en: 'The full name',
      }),
      field('kind', 'choice', '类别', 'Kind', 'public', REQUIRED | LISTED | FILTER | EXPORT, {
        choices: choices(
          ['government', '政府部门', 'Government department'],
          ['health', '医疗卫生机构', 'Health facility'],
          ['cdc', '疾控中心', 'CDC'],
          ['enterprise', '企业', 'Enterprise'],
        ),
      }),
      field('address', 'text', '地址', 'Address', 'public', EXPORT, { min: 2, max: 200 }),
      field('duty_phone', 'phone', '值班电话', 'Duty phone', 'area', LISTED | EXPORT, { max: 30 }),
      field('staff', 'i64', '人数', 'Staff', 'area', LISTED | FILTER | EXPORT, {
        min: 0,
        max: 100000,
      }),
      field('always_open', 'bool', '全天值守', 'Open day and night', 'public', FILTER | EXPORT),
      field('founded', 'date', '成立日期', 'Founded', 'public', FILTER | EXPORT),
      field('checked_at', 'time', '核对时间', 'Checked', 'area', EXPORT),
      field('covers', 'area', '管辖区域', 'Covers', 'public', EXPORT),
      field('parent', 'ref', '上级机构', 'Parent', 'public', EXPORT, { refers: 'organisation' }),
      field('note', 'long', '备注', 'Note', 'area', EXPORT, { max: 2000 }),
    ],
  },
  {
    name: 'officer',
    label: 'name',
    reads_up: true,
    path: 'officers',
    zh: '责任人',
    en: 'Duty holder',
    en_many: 'Duty holders',
    states: ACTIVE,
    steps: CLOSE,
    may: all,
    fields: [
      field('name', 'text', '姓名', 'Name', 'official', REQUIRED | LISTED | SEARCH | EXPORT | KEY, {
        min: 2,
        max: 40,
      }),
      field('post', 'text', '职务', 'Post', 'area', REQUIRED | LISTED | EXPORT, { max: 40 }),
      field('phone', 'phone', '工作电话', 'Work phone', 'official', REQUIRED | LISTED | EXPORT, {
        min: 5,
        max: 30,
        hint_zh: '区号-号码',
        hint_en: 'Area code and number',
      }),
      field('organisation', 'ref', '机构', 'Organisation', 'area', LISTED | FILTER | EXPORT, {
        refers: 'organisation',
      }),
      field('substitute', 'ref', '替补', 'Substitute', 'official', EXPORT, { refers: 'officer' }),
    ],
  },
  {
    name: 'duty',
    reads_up: true,
    path: 'duties',
    zh: '责任',
    en: 'Responsibility',
    en_many: 'Responsibilities',
    states: ACTIVE,
    steps: CLOSE,
    may: all,
    fields: [
      field(
        'sector',
        'choice',
        '领域',
        'Sector',
        'public',
        REQUIRED | FIXED | LISTED | FILTER | EXPORT | KEY,
        { choices: SECTORS },
      ),
      field(
        'party',
        'choice',
        '责任方',
        'Party',
        'public',
        REQUIRED | FIXED | LISTED | FILTER | EXPORT | KEY,
        { choices: PARTIES },
      ),
      field('officer', 'ref', '责任人', 'Duty holder', 'official', REQUIRED | LISTED | EXPORT, {
        refers: 'officer',
      }),
      field('since', 'date', '起始日期', 'Since', 'area', LISTED | FILTER | EXPORT),
    ],
  },
  {
    name: 'watch',
    reads_up: true,
    path: 'watches',
    zh: '值班',
    en: 'Watch',
    en_many: 'Watches',
    states: choices(['planned', '已排班', 'Planned'], ['cancelled', '已取消', 'Cancelled']),
    steps: [{ from: 'planned', event: 'cancel', to: 'cancelled', zh: '取消', en: 'Cancel' }],
    may: all,
    fields: [
      field(
        'office',
        'ref',
        '值班单位',
        'Duty office',
        'public',
        REQUIRED | LISTED | FILTER | EXPORT,
        { refers: 'organisation' },
      ),
      field('officer', 'ref', '值班员', 'Duty officer', 'official', REQUIRED | LISTED | EXPORT, {
        refers: 'officer',
      }),
      field('role', 'choice', '岗位', 'Role', 'public', REQUIRED | LISTED | FILTER | EXPORT, {
        choices: choices(
          ['leader', '带班领导', 'Duty leader'],
          ['officer', '值班员', 'Duty officer'],
        ),
      }),
      field('starts_at', 'time', '开始', 'From', 'area', REQUIRED | LISTED | FILTER | EXPORT),
      field('ends_at', 'time', '结束', 'To', 'area', REQUIRED | LISTED | FILTER | EXPORT),
    ],
  },
  {
    name: 'account',
    label: 'name',
    path: 'accounts',
    zh: '账号',
    en: 'Account',
    en_many: 'Accounts',
    states: choices(
      ['open', '启用', 'Open'],
      ['suspended', '停用', 'Suspended'],
      ['closed', '注销', 'Closed'],
    ),
    steps: [
      { from: null, event: 'create', to: 'open', zh: '开设', en: 'Make' },
      { from: 'open', event: 'suspend', to: 'suspended', zh: '停用', en: 'Suspend' },
      { from: 'suspended', event: 'resume', to: 'open', zh: '恢复', en: 'Resume' },
      { from: 'suspended', event: 'close', to: 'closed', zh: '注销', en: 'Close' },
    ],
    may: { read: true, write: true, import: false, export: false },
    fields: [
      field(
        'login',
        'text',
        '登录名',
        'Login name',
        'official',
        REQUIRED | FIXED | LISTED | SEARCH | EXPORT,
        { min: 3, max: 32 },
      ),
      field('name', 'text', '姓名', 'Name', 'official', REQUIRED | LISTED | SEARCH | EXPORT, {
        min: 2,
        max: 40,
      }),
      field('phone', 'phone', '工作电话', 'Work phone', 'official', LISTED | EXPORT, {
        min: 3,
        max: 30,
      }),
      field('language', 'choice', '语言', 'Language', 'area', REQUIRED | EXPORT, {
        choices: choices(['zh', '中文', 'Chinese'], ['en', '英文', 'English']),
      }),
    ],
  },
];

export const nounAt = (path) => NOUNS.find((n) => n.path === path);
