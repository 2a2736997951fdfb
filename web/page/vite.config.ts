import { defineConfig } from 'vite';

/** `vite build -c web/page/vite.config.ts` bundles the page into dist/web/page; the gateway serves it from there. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  build: {
    outDir: '../../dist/web/page',
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy allows no data: and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
