// Takes the README's two pictures of the page: the real agent in auto mode on real demonstration guests, three of them
// virtual machines, after a few minutes. Takes the one KSM of this host; a busy host shows as one. Needs a build, root,
// bpftrace, QEMU and Chromium.
// Usage: npm run pictures
import { register } from 'node:module';

register('../bench/typescript.mjs', import.meta.url);
const { main } = await import('./pictures/main.ts');
await main();
