// The thread of the history from its source: new Worker(history-thread.mjs, { workerData })
import { register } from 'node:module';
register('../../../bench/typescript.mjs', import.meta.url);
await import('../../../src/agent/history-store/worker.ts');
