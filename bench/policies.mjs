// Every policy over every scenario in the simulator: the tables of docs/simulator.md. Pure, takes a minute or two.
// Usage: node bench/policies.mjs [CASE...] [--price 4,8,16] [--all] [--pairs] [--trace] [--json FILE] [--write]
//   CASE     part of a case's name, as `tiny`, `64g` or `1t/boot-storm`; without one, all
//   --all    the net of each policy as well
//   --pairs  beside it what two full scans at the cap, every so many seconds, would net at the best interval
//   --trace  instead of tables what ksmpilot decides, second by second
//   --write  puts the tables into docs/simulator.md
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./policies/main.ts');
process.exitCode = await main(process.argv.slice(2));
