// The readers of the throughput bench, in a process of their own: see readers.ts. Its one argument is a JSON object.
import { register } from 'node:module';

register('../typescript.mjs', import.meta.url);
const { main } = await import('./readers.ts');
await main(process.argv[2] ?? '{}');
