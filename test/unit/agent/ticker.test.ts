import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ticker } from '../../../src/agent/ticker.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Ticker', () => {
  const monoMs = (): number => Date.now();

  it('keeps the pace, however long a tick takes', () => {
    const at: number[] = [];
    const start = monoMs();
    const ticker = new Ticker({ intervalMs: 100, monoMs, tick: () => void at.push(monoMs() - start) });
    ticker.start();
    vi.advanceTimersByTime(350);
    ticker.stop();
    expect(at).toEqual([100, 200, 300]);
  });

  it('does not make up for ticks that were missed', () => {
    const at: number[] = [];
    const start = monoMs();
    const ticker = new Ticker({
      intervalMs: 100,
      monoMs,
      tick: () => {
        at.push(monoMs() - start);
        if (at.length === 1) vi.setSystemTime(monoMs() + 450);
      },
    });
    ticker.start();
    vi.advanceTimersByTime(300);
    ticker.stop();
    expect(at).toEqual([100, 600, 700]);
  });

  it('calls sooner where that is wanted, and not later than its interval', () => {
    const at: number[] = [];
    const start = monoMs();
    let paceMs = 40;
    const ticker = new Ticker({
      intervalMs: 100,
      monoMs,
      paceMs: () => paceMs,
      tick: () => void at.push(monoMs() - start),
    });
    ticker.start();
    vi.advanceTimersByTime(85);
    paceMs = 500;
    vi.advanceTimersByTime(240);
    ticker.stop();
    expect(at).toEqual([40, 80, 120, 220, 320]);
  });

  it('is silent after stop, also when stopped from a tick', () => {
    let calls = 0;
    const ticker: Ticker = new Ticker({
      intervalMs: 100,
      monoMs,
      tick: () => {
        calls += 1;
        ticker.stop();
      },
    });
    ticker.start();
    vi.advanceTimersByTime(1000);
    expect(calls).toBe(1);
  });
});
