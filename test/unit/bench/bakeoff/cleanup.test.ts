import { expect, it } from 'vitest';
import { Cleanup } from '../../../../bench/bakeoff/cleanup.js';

it('undoes all in reverse order, goes on after a failure, and tells the first', async () => {
  const done: string[] = [];
  const cleanup = new Cleanup();
  cleanup.add('first', () => void done.push('first'));
  cleanup.add('second', () => Promise.reject(new Error('stuck')));
  cleanup.add('third', async () => {
    await Promise.resolve();
    done.push('third');
    throw new Error('gone');
  });
  await expect(cleanup.run()).rejects.toThrow('third: gone');
  expect(done).toEqual(['third', 'first']);
  await cleanup.run();
  expect(done).toHaveLength(2);
});
