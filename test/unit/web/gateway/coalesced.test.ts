import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Coalesced } from '../../../../web/gateway/coalesced.js';

it('does work asked for meanwhile once more, and goes on after a failure', async () => {
  let done = 0;
  const release: (() => void)[] = [];
  const work = new Coalesced(async () => {
    done += 1;
    await new Promise<void>((resolve) => release.push(resolve));
    if (done === 1) throw new Error('the first one fails');
  });
  for (let times = 0; times < 5; times += 1) work.ask();
  expect(done).toBe(1);
  release.shift()?.();
  await turn();
  expect(done).toBe(2);
  release.shift()?.();
  await turn();
  expect(done).toBe(2);
  work.ask();
  expect(done).toBe(3);
});
