// A thread of the history that takes in nothing, and ends on a defect a second later.
import { parentPort } from 'node:worker_threads';
parentPort?.on('message', () => undefined);
setTimeout(() => {
  throw new Error('a defect that a test wants');
}, 1000);
