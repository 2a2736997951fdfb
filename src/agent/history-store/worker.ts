/** The thread of the history: `new Worker(worker.js, { workerData: StoreSettings })`. It speaks {@link FromStore}. */

import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { formatError, KsmpilotError } from '../errors.js';
import { HistoryStore } from './history-store.js';
import type { FromStore, StoreSettings, ToStore } from './messages.js';
import { loadSqlite } from './sqlite.js';

/** Behind whatever the host and its guests want to do. On Linux the priority is the thread's own. */
const NICENESS = 10;

async function main(): Promise<void> {
  if (parentPort === null) throw new Error('this is the program of a thread');
  const port = parentPort;
  const tell = (message: FromStore): void => port.postMessage(message);
  setPriority(0, NICENESS);
  const open = await loadSqlite().catch((error: unknown) => {
    const { code, message, hint } =
      error instanceof KsmpilotError ? error : new KsmpilotError('INTERNAL', String(error));
    tell({ kind: 'problems', problems: [{ code, what: `No history is kept: ${message}.`, cure: hint ?? '' }] });
    return undefined;
  });
  // Without it the thread has nothing to do, and ends.
  if (open === undefined) return;
  const store = new HistoryStore({ settings: workerData as StoreSettings, open, now: Date.now });
  let told = '[]';
  const tellProblems = (): void => {
    const { problems } = store;
    const text = JSON.stringify(problems);
    if (text !== told) tell({ kind: 'problems', problems });
    told = text;
  };
  const answer = (id: number, work: () => unknown): void => {
    try {
      tell({ kind: 'answer', id, answer: work() });
    } catch (error) {
      const isKnown = error instanceof KsmpilotError;
      const { code, message, hint } = isKnown ? error : new KsmpilotError('INTERNAL', formatError(error));
      tell({ kind: 'refusal', id, code, what: message, ...(hint === undefined ? {} : { hint }) });
    }
  };
  port.on('message', (message: ToStore) => {
    switch (message.kind) {
      case 'sample':
        store.sample(message);
        tell({ kind: 'taken' });
        break;
      case 'event':
        store.event(message.event);
        break;
      case 'history':
        answer(message.id, () => store.history(message.query));
        break;
      case 'events':
        answer(message.id, () => store.events(message.query));
        break;
      case 'stop':
        store.close();
        tell({ kind: 'stopped' });
        port.close();
        return;
    }
    tellProblems();
  });
}

await main();
