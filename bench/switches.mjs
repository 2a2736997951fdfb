// What KSM's switches save and cost on this kernel: the tables of docs/switches.md.
// Usage: node bench/switches.mjs [--repeats 5] [use_zero_pages] [max_page_sharing] [merge_across_nodes] [smart_scan]
// Without names all of them, about half a minute each. Needs root, a C compiler, and nobody else's memory in KSM; takes the
// lock of the kernel tests, and puts every knob back, also when it is killed.
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./switches/main.ts');
process.exitCode = await main(process.argv.slice(2));
