// What the page costs an open browser: CPU of its renderer at one sample a second with 100 guests, view by view, the time to
// its first paint, and what JavaScript holds. Usage: npm run bench:page [-- --seconds 30] [-- --views overview,guests]
// Needs a built page and Chromium; no root, no kernel. Everything runs on this machine: see web/README.md.
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./page/main.ts');
process.exitCode = await main(process.argv.slice(2));
