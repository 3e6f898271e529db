// A QR code (ISO/IEC 18004), drawn here so that a secret never leaves the page: bytes, error
// correction M, versions 1 to 15 (up to 412 bytes). `qrMatrix(text)` gives rows of true for dark.

// Per version: error correction codewords a block, and blocks, at level M.
const ECC = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24];
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10];
const LEVEL_M = 0;

// ---- arithmetic in GF(256), x^8 + x^4 + x^3 + x^2 + 1 ----

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x;
  EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

function generator(n) {
  let poly = [1];
  for (let i = 0; i < n; i++) {
    const next = new Array(poly.length + 1).fill(0);
    poly.forEach((c, at) => {
      next[at] ^= c;
      next[at + 1] ^= times(c, EXP[i]);
    });
    poly = next;
  }
  return poly;
}

/** The n error correction codewords of a block. */
export function correction(data, n) {
  const poly = generator(n);
  const rest = new Uint8Array(n);
  for (const byte of data) {
    const lead = byte ^ rest[0];
    rest.copyWithin(0, 1);
    rest[n - 1] = 0;
    for (let i = 0; i < n; i++) rest[i] ^= times(poly[i + 1], lead);
  }
  return rest;
}

// ---- how much fits ----

function alignment(version) {
  if (version === 1) return [];
  const n = Math.floor(version / 7) + 2;
  const last = 4 * version + 10;
  const step = Math.ceil((last - 6) / (n - 1) / 2) * 2;
  const out = [6];
  for (let i = n - 2; i >= 0; i--) out.push(last - i * step);
  return out;
}

function codewords(version) {
  const size = 17 + 4 * version;
  const a = alignment(version).length;
  let modules = size * size - 3 * 64 - 2 * (size - 16) - 31;
  if (a) modules -= 25 * (a * a - 3) - 10 * (a - 2);
  if (version >= 7) modules -= 36;
  return Math.floor(modules / 8);
}
const capacity = (version) => codewords(version) - ECC[version] * BLOCKS[version];

// ---- bytes to codewords ----

function packed(bytes, version) {
  const bits = [];
  const push = (value, n) => {
    for (let i = n - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  push(4, 4);
  push(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((b) => push(b, 8));
  const room = capacity(version) * 8;
  push(0, Math.min(4, room - bits.length));
  while (bits.length % 8) bits.push(0);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) push(pad, 8);
  const out = new Uint8Array(room / 8);
  bits.forEach((bit, i) => {
    out[i >> 3] |= bit << (7 - (i & 7));
  });
  return out;
}

function interleaved(data, version) {
  const n = BLOCKS[version];
  const short = Math.floor(data.length / n);
  const long = data.length % n;
  const blocks = [];
  for (let i = 0, at = 0; i < n; i++) {
    const size = short + (i >= n - long ? 1 : 0);
    blocks.push(data.slice(at, at + size));
    at += size;
  }
  const tails = blocks.map((b) => correction(b, ECC[version]));
  const out = [];
  for (let i = 0; i <= short; i++) for (const b of blocks) if (i < b.length) out.push(b[i]);
  for (let i = 0; i < ECC[version]; i++) for (const t of tails) out.push(t[i]);
  return out;
}

// ---- the drawing ----

function frame(version) {
  const size = 17 + 4 * version;
  const dark = Array.from({ length: size }, () => new Array(size).fill(false));
  const fixed = Array.from({ length: size }, () => new Array(size).fill(false));
  const set = (x, y, on) => {
    if (x < 0 || y < 0 || x >= size || y >= size) return;
    dark[y][x] = on;
    fixed[y][x] = true;
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ]) {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, ring !== 2 && ring !== 4);
      }
    }
  }
  const at = alignment(version);
  for (const cy of at) {
    for (const cx of at) {
      const corner =
        (cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6);
      if (corner) continue;
      for (let dy = -2; dy <= 2; dy++) {
        for (let dx = -2; dx <= 2; dx++) {
          set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
        }
      }
    }
  }
  return { size, dark, fixed, set };
}

function remainder(value, bits, poly, shift) {
  let rest = value << shift;
  for (let i = bits + shift - 1; i >= shift; i--) if ((rest >> i) & 1) rest ^= poly << (i - shift);
  return (value << shift) | rest;
}

function drawFormat({ size, set }, mask) {
  const word = remainder((LEVEL_M << 3) | mask, 5, 0x537, 10) ^ 0x5412;
  const bit = (i) => ((word >> i) & 1) === 1;
  for (let i = 0; i < 6; i++) set(8, i, bit(i));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let i = 9; i < 15; i++) set(14 - i, 8, bit(i));
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, bit(i));
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, bit(i));
  set(8, size - 8, true);
}

function drawVersion({ size, set }, version) {
  if (version < 7) return;
  const word = remainder(version, 6, 0x1f25, 12);
  for (let i = 0; i < 18; i++) {
    const on = ((word >> i) & 1) === 1;
    const a = size - 11 + (i % 3);
    const b = Math.floor(i / 3);
    set(a, b, on);
    set(b, a, on);
  }
}

const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function drawData({ size, dark, fixed }, bytes, mask) {
  let i = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5; // the column of the timing pattern holds none
    for (let step = 0; step < size; step++) {
      const y = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y][x]) continue;
        const on = i < bytes.length * 8 && ((bytes[i >> 3] >> (7 - (i & 7))) & 1) === 1;
        dark[y][x] = on !== MASKS[mask](x, y);
        i++;
      }
    }
  }
}

/** How hard a scanner would find it: runs, blocks, false finders, imbalance. */
function penalty({ size, dark }) {
  let sum = 0;
  let on = 0;
  const lines = [];
  for (let i = 0; i < size; i++) {
    lines.push(dark[i].map(Number).join(''), dark.map((row) => Number(row[i])).join(''));
    on += dark[i].filter(Boolean).length;
  }
  for (const line of lines) {
    for (const run of line.match(/0{5,}|1{5,}/g) || []) sum += run.length - 2;
    for (let at = 0; at + 11 <= size; at++) {
      const part = line.slice(at, at + 11);
      if (part === '10111010000' || part === '00001011101') sum += 40;
    }
  }
  for (let y = 0; y + 1 < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const c = dark[y][x];
      if (c === dark[y][x + 1] && c === dark[y + 1][x] && c === dark[y + 1][x + 1]) sum += 3;
    }
  }
  return sum + 10 * Math.floor(Math.abs(on * 20 - size * size * 10) / (size * size));
}

export function qrMatrix(text) {
  const bytes = [...new TextEncoder().encode(text)];
  let version = 1;
  const head = () => (version < 10 ? 2 : 3);
  while (version < ECC.length && bytes.length + head() > capacity(version)) version++;
  if (version === ECC.length) throw new RangeError('too long for a code');
  const words = interleaved(packed(bytes, version), version);
  let best = null;
  for (let mask = 0; mask < 8; mask++) {
    const drawing = frame(version);
    drawFormat(drawing, mask);
    drawVersion(drawing, version);
    drawData(drawing, words, mask);
    const score = penalty(drawing);
    if (!best || score < best.score) best = { score, dark: drawing.dark };
  }
  return best.dark;
}

/** One path for an SVG with a quiet zone of four modules. */
export function qrPath(matrix) {
  let out = '';
  matrix.forEach((row, y) =>
    row.forEach((on, x) => {
      if (on) out += `M${x + 4} ${y + 4}h1v1h-1z`;
    }),
  );
  return out;
}
