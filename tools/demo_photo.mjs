// demo_photo.mjs - a made-up photo of a slope, as a baseline JPEG of flat squares: each block of
// eight by eight has its mean and no more, so one table of codes and a page of code are enough.

const WIDE = 80; // in blocks
const HIGH = 60;
const word = (n) => [n >> 8, n & 255];
const segment = (mark, bytes) => [255, mark, ...word(bytes.length + 2), ...bytes];
const codes = (kind, counts, values) =>
  segment(0xc4, [kind, ...counts, ...Array(16 - counts.length).fill(0), ...values]);
const HEAD = [
  255, 0xd8,
  ...segment(0xdb, [0, ...Array(64).fill(8)]),
  ...segment(0xc0, [8, ...word(HIGH * 8), ...word(WIDE * 8), 3,
    ...[1, 2, 3].flatMap((id) => [id, 0x11, 0])]),
  ...codes(0x00, [0, 0, 0, 12], [...Array(12).keys()]), // four bits each
  ...codes(0x10, [1], [0]), // after the mean: nothing
  ...segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
];

/** The squares' colours as numbers that differ from square to square of the same kind. */
export function photo(colour) {
  const bytes = [...HEAD];
  let held = 0;
  let n = 0;
  const put = (value, bits) => {
    for (let b = bits - 1; b >= 0; b--) {
      held = (held << 1) | ((value >> b) & 1);
      if (++n < 8) continue;
      bytes.push(held);
      if (held === 255) bytes.push(0);
      held = n = 0;
    }
  };
  const last = [0, 0, 0];
  for (let y = 0; y < HIGH; y++) {
    for (let x = 0; x < WIDE; x++) {
      const [r, g, b] = colour(x / WIDE, y / HIGH);
      const light = 0.299 * r + 0.587 * g + 0.114 * b;
      const mean = [light - 128, (b - light) * 0.564, (r - light) * 0.713];
      for (let i = 0; i < 3; i++) {
        const now = Math.max(-128, Math.min(127, Math.round(mean[i])));
        const step = now - last[i];
        const bits = step ? 32 - Math.clz32(Math.abs(step)) : 0;
        put(bits, 4);
        put(step < 0 ? step + (1 << bits) - 1 : step, bits);
        put(0, 1);
        last[i] = now;
      }
    }
  }
  put(127, 7);
  return new Blob([new Uint8Array(bytes.concat(255, 0xd9))], { type: 'image/jpeg' });
}

/** A slope under a sky: cracked as it was found, or put right, a line keeping people off. */
export function slope({ seed, right }) {
  const grain = (x, y) => ((Math.sin(x * 911 + y * 677 + seed * 131) * 43758.5) % 1) * 14;
  return photo((x, y) => {
    const edge = 0.3 + 0.09 * Math.sin(5 * x + seed) + 0.25 * x;
    const g = grain(x, y);
    if (y < edge) return [150 + 60 * y, 185 + 40 * y, 225 + g / 4];
    const line = Math.abs(y - 0.86);
    if (right && line < 0.02) return (x * 20) % 2 < 1 ? [210, 40, 40] : [245, 240, 235];
    const crack = Math.abs(x - 0.52 - 0.05 * Math.sin(16 * y + seed));
    if (!right && crack < 0.018 + 0.02 * (y - edge)) return [52, 44, 40];
    const steps = right && Math.floor((y - edge) * 12) % 2 ? 16 : 0;
    return [150 - 50 * y + g + steps, 124 - 40 * y + g + steps, 96 - 30 * y + g];
  });
}
