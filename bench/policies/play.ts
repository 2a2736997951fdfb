/** All cases, on as many threads as there are cores. */

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Standing } from './contest.js';

/** @param played is told after each case: its name and how many are done */
export async function play(
  names: readonly string[],
  prices: readonly number[],
  pairs: boolean,
  played: (name: string, done: number) => void,
): Promise<readonly Standing[]> {
  const queue = [...names.keys()];
  const standings: (readonly Standing[])[] = [];
  let done = 0;
  const thread = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.mjs', import.meta.url));
    try {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        const name = names[index] ?? '';
        standings[index] = await answer(worker, { name, prices, pairs });
        played(name, ++done);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(names.length, availableParallelism()) }, thread));
  return standings.flat();
}

async function answer(worker: Worker, question: object): Promise<readonly Standing[]> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (standings: readonly Standing[]) => {
      worker.off('error', reject);
      resolve(standings);
    });
    worker.postMessage(question);
  });
}
