// How fast `ksmpilot estimate` reads: GiB of address space a second, by wall time and by CPU time, for base pages and huge
// ones, at several rates; and how reading a few words by process_vm_readv compares with reading whole pages. Needs root
// and a C compiler. No memory is offered to KSM. Ends with 1 when 1 % sampling stays below 1 GiB a CPU second.
// Usage: node bench/estimate.mjs [--gib 1] [--repeats 5] [--json]
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./estimate/main.ts');
process.exitCode = await main(process.argv.slice(2));
