// What ksmpilot itself costs: CPU and private memory of the agent with its probes, and of the page's process, at 1, 100 and
// 1,000 guests (processes with a QEMU's command line and mergeable memory that is scanned, merged and written), beside
// Debian's node_exporter scraped once a second and beside nothing. Needs a build, root, bpftrace and a C compiler. Takes
// nine minutes. Ends with 1 where a target is missed.
// Usage: node bench/footprint.mjs [--quick] [--guests 1,100,1000] [--json FILE] [--write] [--profile DIR]
//   --quick  12 s instead of 60 s a window
//   --profile DIR  V8 CPU profiles of the agent's threads, one file each
//   --write  puts the table into docs/footprint.md
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./footprint/main.ts');
process.exitCode = await main(process.argv.slice(2));
