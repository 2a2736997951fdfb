import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { JobQueue } from '../../../../src/agent/jobs/queue.js';

const NEVER = new AbortController().signal;

/** A job that ends when it is told to, or is given up. */
function job<T>() {
  let finish: (value: T) => void = () => undefined;
  let signal: AbortSignal | undefined;
  const work = (ending: AbortSignal): Promise<T> => {
    signal = ending;
    return new Promise((resolve, reject) => {
      finish = resolve;
      ending.addEventListener('abort', () => reject(ending.reason as Error), { once: true });
    });
  };
  return {
    work,
    finish: (value: T): void => finish(value),
    get hasBegun(): boolean {
      return signal !== undefined;
    },
    get isGivenUp(): boolean {
      return signal?.aborted === true;
    },
  };
}

describe('jobs', () => {
  it('run a few at once, the others in turn', async () => {
    const queue = new JobQueue({ running: 2, waiting: 5, limitMs: 10_000 });
    const jobs = ['a', 'b', 'c'].map(() => job<string>());
    const answers = jobs.map(({ work }, index) => queue.run(String(index), NEVER, work));
    await sleep(0);
    expect(jobs.map(({ hasBegun }) => hasBegun)).toEqual([true, true, false]);
    jobs[0]?.finish('A');
    expect(await answers[0]).toBe('A');
    await sleep(0);
    expect(jobs[2]?.hasBegun).toBe(true);
    jobs[1]?.finish('B');
    jobs[2]?.finish('C');
    expect(await Promise.all(answers)).toEqual(['A', 'B', 'C']);
    expect(queue.size).toBe(0);
  });

  it('beyond that are refused', async () => {
    const queue = new JobQueue({ running: 1, waiting: 1, limitMs: 10_000 });
    const [a, b] = [job<string>(), job<string>()];
    const answers = [queue.run('a', NEVER, a.work), queue.run('b', NEVER, b.work)];
    await expect(queue.run('c', NEVER, job<string>().work)).rejects.toMatchObject({ code: 'WORK_EXHAUSTED' });
    a.finish('A');
    await answers[0];
    await sleep(0);
    b.finish('B');
    expect(await answers[1]).toBe('B');
  });

  it('that are equal run once, for all who ask', async () => {
    const queue = new JobQueue({ running: 1, waiting: 0, limitMs: 10_000 });
    const [first, never] = [job<string>(), job<string>()];
    const answers = [queue.run('same', NEVER, first.work), queue.run('same', NEVER, never.work)];
    await sleep(0);
    first.finish('A');
    expect(await Promise.all(answers)).toEqual(['A', 'A']);
    expect(never.hasBegun).toBe(false);
  });

  it('are given up when the last who asked has left, not before', async () => {
    const queue = new JobQueue({ running: 1, waiting: 0, limitMs: 10_000 });
    const one = job<string>();
    const leaving = [new AbortController(), new AbortController()];
    const answers = leaving.map(({ signal }) => queue.run('same', signal, one.work));
    const ended = Promise.allSettled(answers);
    await sleep(0);
    leaving[0]?.abort(new Error('left'));
    await expect(answers[0]).rejects.toThrow('left');
    expect(one.isGivenUp).toBe(false);
    leaving[1]?.abort(new Error('left too'));
    await ended;
    expect(one.isGivenUp).toBe(true);
    // And its place is free.
    const next = job<string>();
    const answer = queue.run('same', NEVER, next.work);
    await sleep(0);
    next.finish('B');
    expect(await answer).toBe('B');
  });

  it('that wait can be left as well', async () => {
    const queue = new JobQueue({ running: 1, waiting: 1, limitMs: 10_000 });
    const [a, b] = [job<string>(), job<string>()];
    const answer = queue.run('a', NEVER, a.work);
    const leaving = new AbortController();
    const left = queue.run('b', leaving.signal, b.work);
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    a.finish('A');
    expect(await answer).toBe('A');
    await sleep(0);
    expect(b.hasBegun).toBe(false);
    expect(queue.size).toBe(0);
  });

  it('have a time limit', async () => {
    const queue = new JobQueue({ running: 1, waiting: 0, limitMs: 20 });
    await expect(queue.run('a', NEVER, job<string>().work)).rejects.toMatchObject({ code: 'WORK_TOO_LONG' });
  });

  it('fail for all who ask, and leave their place', async () => {
    const queue = new JobQueue({ running: 1, waiting: 0, limitMs: 1000 });
    await expect(queue.run('a', NEVER, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await queue.run('a', NEVER, () => Promise.resolve('yes'))).toBe('yes');
  });

  it('of a caller who has left already are not begun', async () => {
    const queue = new JobQueue({ running: 1, waiting: 0, limitMs: 1000 });
    const one = job<string>();
    await expect(queue.run('a', AbortSignal.abort(new Error('gone')), one.work)).rejects.toThrow('gone');
    expect(one.hasBegun).toBe(false);
  });
});
