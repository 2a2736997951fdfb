// Runs the real agent and the page's process for so many minutes while guests and readers come and go, and fails where
// memory, descriptors, threads or sockets grow, or samples come late or not at all. Needs a build, root, bpftrace and a C
// compiler; takes the one KSM of this host.
// Usage: npm run soak -- [--minutes 10] [--json FILE]
import { register } from 'node:module';

register('../bench/typescript.mjs', import.meta.url);
const { main } = await import('../bench/soak/main.ts');
process.exitCode = await main(process.argv.slice(2));
