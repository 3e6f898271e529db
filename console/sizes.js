// What a browser fetches before the first page, and with each page: measured at every build, and
// the build fails when it is too much. Sizes are gzip -9 of JavaScript and CSS.
import { gzipSync } from 'node:zlib';

const FIRST_KB = 300;
const PAGE_KB = 150;
const KB = 1024;

export default function sizes() {
  return {
    name: 'outpost-sizes',
    apply: 'build',
    writeBundle(_, bundle) {
      const bytes = (name) =>
        gzipSync(bundle[name].code ?? bundle[name].source, { level: 9 }).length;
      const files = (name, into = new Set()) => {
        if (into.has(name)) return into;
        into.add(name);
        bundle[name].viteMetadata?.importedCss.forEach((css) => into.add(css));
        bundle[name].imports.forEach((other) => files(other, into));
        return into;
      };
      const sum = (names) => [...names].reduce((n, name) => n + bytes(name), 0) / KB;
      const chunks = Object.values(bundle).filter((c) => c.type === 'chunk');
      const entry = chunks.find((c) => c.isEntry);
      const first = files(entry.fileName);
      const own = chunks
        .filter((c) => c.isDynamicEntry)
        .map((c) => {
          const name = (c.facadeModuleId || c.name).split('/src/').pop();
          return [sum([...files(c.fileName)].filter((f) => !first.has(f))), name];
        })
        .sort((a, b) => b[0] - a[0]);

      const total = sum(first);
      console.log(`console: first load ${total.toFixed(0)} KB gzip (at most ${FIRST_KB})`);
      for (const [kb, name] of own.slice(0, 4))
        console.log(`console: ${kb.toFixed(0)} KB more for ${name}`);
      const heavy = own.filter(([kb]) => kb > PAGE_KB);
      if (total > FIRST_KB || heavy.length) {
        this.error(`too heavy: ${total > FIRST_KB ? 'first load' : heavy[0][1]}`);
      }
    },
  };
}
