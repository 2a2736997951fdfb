import { expect, it } from 'vitest';
import { ksmpilot } from '../../../../../bench/bakeoff/policies/ksmpilot.js';
import type { PolicyStage } from '../../../../../bench/bakeoff/types.js';

function stage(price: number | null, ask: (...args: string[]) => Promise<string>): PolicyStage {
  return { price, agent: { pid: 1, ask }, signal: new AbortController().signal };
}

it('switches the agent of the cell to auto mode, and back at the end', async () => {
  const asked: string[] = [];
  const running = await ksmpilot.start(
    stage(8, (...args) => {
      asked.push(args.join(' '));
      return Promise.resolve('');
    }),
  );
  expect(asked).toEqual(['tune auto']);
  await running.stop();
  expect(asked).toEqual(['tune auto', 'tune observe']);
});

it('does not take a refusal for a start', async () => {
  await expect(ksmpilot.start(stage(8, () => Promise.reject(new Error('MODE_REFUSED'))))).rejects.toThrow(
    'MODE_REFUSED',
  );
  await expect(ksmpilot.start(stage(null, () => Promise.resolve('')))).rejects.toThrow('price');
});

it('ends quietly when the agent is gone', async () => {
  let gone = false;
  const running = await ksmpilot.start(
    stage(8, () => (gone ? Promise.reject(new Error('gone')) : Promise.resolve(''))),
  );
  gone = true;
  await expect(running.stop()).resolves.toBeUndefined();
});
