import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { every } from '../../../../../bench/bakeoff/policies/every.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('runs the job once an interval, not at once, until it is stopped', async () => {
  const job = vi.fn();
  const running = every(100, new AbortController().signal, job);
  expect(job).not.toHaveBeenCalled();
  vi.advanceTimersByTime(350);
  expect(job).toHaveBeenCalledTimes(3);
  await running.stop();
  await running.stop();
  vi.advanceTimersByTime(1000);
  expect(job).toHaveBeenCalledTimes(3);
});

it('ends with the run, and does not begin after it', () => {
  const abort = new AbortController();
  const job = vi.fn();
  every(100, abort.signal, job);
  abort.abort();
  every(100, abort.signal, job);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(job).not.toHaveBeenCalled();
});
