// What the BPF programs cost: the tables of docs/overhead.md.
// Usage: npm run bench:probes [-- --quick | --part NAME | --program FILE | --json FILE | --write]; see --help.
// Needs root, a C compiler, bpftrace, and nobody else's memory in KSM; takes the lock of the kernel tests, detaches all that
// it attached and puts every knob back, also when it is interrupted or killed.
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./probes/main.ts');
process.exitCode = await main(process.argv.slice(2));
