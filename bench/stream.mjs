// How much the gRPC streams carry and how late they are.
// Throughput: events and samples a second to 1, 10 and 100 readers in another process, without loss. Ends with 1 where one
// reader gets fewer than 500,000 events a second.
// Latency: a process breaks KSM pages at known times; when does a client know of each, a reader of the page's stream, and
// when has the browser drawn it? Ends with 1 where the 99th percentile to a client is not below 1.2 intervals. Needs a
// build, root, bpftrace, a C compiler and chromium.
// Usage: node bench/stream.mjs [--quick] [--only throughput|latency] [--readers 1,10,100] [--no-browser] [--json FILE] [--write]
//   --quick  short windows: a minute in all instead of three
//   --write  puts the tables into docs/stream.md
import { register } from 'node:module';

register('./typescript.mjs', import.meta.url);
const { main } = await import('./stream/main.ts');
process.exitCode = await main(process.argv.slice(2));
