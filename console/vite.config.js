// Builds the console into build/console/dist; `npm run dev` serves it against OUTPOST_URL.
import vue from '@vitejs/plugin-vue';
import components from 'unplugin-vue-components/vite';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';
import { defineConfig } from 'vite';
import sizes from './sizes.js';

export default defineConfig({
  plugins: [
    vue(),
    sizes(),
    components({ dts: false, dirs: ['src/parts'], resolvers: [ElementPlusResolver()] }),
  ],
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: process.env.OUTPOST_DIST || '../build/console/dist',
    emptyOutDir: true,
    target: 'es2020',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': process.env.OUTPOST_URL || 'http://127.0.0.1:8080' },
  },
});
