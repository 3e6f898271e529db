// The mock's files: CSV in with matched columns and an account, CSV out.
const quote = (v) => (/[",\n]/.test(v) ? `"${v.replaceAll('"', '""')}"` : v);
const line = (cells) => `${cells.map((c) => quote(String(c ?? ''))).join(',')}\r\n`;

function rowsOf(text) {
  const rows = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      rows.at(-1).push(cell);
      cell = '';
    } else if (c === '\n') {
      rows.at(-1).push(cell.replace(/\r$/, ''));
      cell = '';
      rows.push([]);
    } else cell += c;
  }
  if (cell || rows.at(-1).length) rows.at(-1).push(cell);
  return rows.filter((r) => r.some((c) => c !== ''));
}

export function makeImport({ world, take, Refusal }) {
  const AREA = { name: 'area', type: 'area', zh: '区域', en: 'Area', required: true };
  const fieldsOf = (noun) => [AREA, ...noun.fields.filter((f) => !f.server)];

  function parse(field, text) {
    if (text === '') return null;
    if (field.type === 'i64') return Number(text);
    if (field.type === 'bool') return ['是', 'yes', 'true', '1'].includes(text);
    if (field.type === 'choice') {
      return field.choices.find((c) => [c.word, c.zh, c.en].includes(text))?.word ?? text;
    }
    return text;
  }

  function readImport(noun, raw, query) {
    if (query.get('format') !== 'csv') {
      throw new Refusal(415, 'format', '这个服务器只收 CSV。', 'This server takes CSV only.');
    }
    const table = rowsOf(raw.toString('utf8').replace(/^\uFEFF/, ''));
    const given = query.get('mapping') ? JSON.parse(query.get('mapping')) : null;
    const fields = fieldsOf(noun);
    const guess = (column) =>
      fields.find((f) => [f.name, f.zh, f.en].includes(column))?.name ?? null;
    const head = table[0] || [];
    const columns = head.map((column) => ({
      column,
      field: given ? (given[column] ?? null) : guess(column),
    }));
    const seen = new Set([...world.tables[noun.path].values()].map((r) => `${r.area} ${r.name}`));
    const account = { in: 0, accepted: 0, refused: 0, duplicate: 0 };
    const rows = [];
    const refused = [];
    table.slice(1).forEach((cells, i) => {
      account.in++;
      const body = {};
      columns.forEach((c, n) => {
        const field = fields.find((f) => f.name === c.field);
        if (field) body[field.name] = parse(field, (cells[n] || '').trim());
      });
      try {
        const row = take(noun, body, null);
        const key = `${row.area} ${row.name}`;
        if (noun.fields.some((f) => f.key) && seen.has(key)) account.duplicate++;
        else {
          seen.add(key);
          rows.push(row);
          account.accepted++;
        }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        account.refused++;
        refused.push({ row: i + 2, cells, ...error.body });
      }
    });
    return { head, columns, account, rows, refused };
  }

  return {
    readImport,
    refusedFile: (read) => ({
      file:
        line([...read.head, '原因']) +
        read.refused.map((r) => line([...r.cells, r.message_zh])).join(''),
    }),
    template: (noun) => ({ file: line(fieldsOf(noun).map((f) => f.zh)) }),
    exported: (noun, rows) => {
      const out = noun.fields.filter((f) => f.export);
      return {
        file:
          `\uFEFF${line(['编号', '区域', ...out.map((f) => f.zh)])}` +
          rows.map((r) => line([r.id, r.area, ...out.map((f) => r[f.name])])).join(''),
      };
    },
  };
}
