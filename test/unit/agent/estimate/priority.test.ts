import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { atLowPriority } from '../../../../src/agent/estimate/priority.js';

it('works at the lowest priority, and hands on what comes of it', async () => {
  expect(await atLowPriority(() => Promise.resolve(getPriority()))).toBe(19);
  await expect(atLowPriority(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

it('puts back the priority before, where that is allowed', async ({ skip }) => {
  if (process.geteuid?.() !== 0) skip('only root may raise a priority again');
  const before = getPriority();
  await atLowPriority(() => Promise.resolve());
  expect(getPriority()).toBe(before);
});
