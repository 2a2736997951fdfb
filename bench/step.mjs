// What a decision costs: time of observe() + step() for a host with 1,000 guests, and whether memory grows. Pure.
// Ends with 1 when 99 of 100 decisions do not stay below a millisecond of CPU time.
// Usage: node bench/step.mjs [--guests 1000] [--ticks 20000] [--long-ticks 1000000] [--json]
//   --ticks       ticks that are timed, one simulated second each, after a tenth as many to warm up
//   --long-ticks  ticks over which the heap is watched, the timed ones included; a million takes a minute or two
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./step/main.ts');
process.exitCode = main(process.argv.slice(2));
