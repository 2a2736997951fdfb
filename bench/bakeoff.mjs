// The bake-off: ksmpilot beside every other way to run KSM, on this kernel, with real processes. Writes docs/bakeoff.md.
// Usage: npm run bench:bakeoff [-- --quick | --core | --workload NAME --policy NAME ...]; see --help.
// Needs root, a C compiler, a build (npm run build), and nobody else's memory in KSM; takes the lock of the kernel tests
// for one cell at a time, and puts every knob back, also when it is interrupted or killed.
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./bakeoff/main.ts');
// Not exitCode: a wait for the machine's lock that was given up must not keep the process.
process.exit(await main(process.argv.slice(2)));
