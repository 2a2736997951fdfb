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

  it('moves bit by bit to shortly after its source, and follows it', () => {
    const at: number[] = [];
    const start = monoMs();
    const ticker = new Ticker({ intervalMs: 1000, monoMs, tick: () => void at.push(monoMs() - start) });
    ticker.start();
    // Tells 700 ms after the calls began, every second.
    for (let second = 0; second < 12; second += 1) {
      vi.advanceTimersByTime(second === 0 ? 700 : 1000);
      ticker.align(50, 1000);
    }
    ticker.stop();
    const late = at.map((ms) => (ms - 700 + 10_000) % 1000);
    expect(late.at(-1)).toBe(50);
    const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(900);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1100);
    expect(gaps.at(-1)).toBe(1000);
  });

  it('a longer interval than the period of the source meets each of its turns, a shorter one keeps its pace', () => {
    for (const intervalMs of [200, 2000]) {
      const at: number[] = [];
      const start = monoMs();
      const ticker = new Ticker({ intervalMs, monoMs, tick: () => void at.push(monoMs() - start) });
      ticker.start();
      for (let second = 0; second < 20; second += 1) {
        vi.advanceTimersByTime(second === 0 ? 330 : 1000);
        ticker.align(50, 1000);
      }
      ticker.stop();
      const period = Math.min(intervalMs, 1000);
      expect(((at.at(-1) ?? 0) - 380 + 10_000) % period).toBe(0);
      expect((at.at(-1) ?? 0) - (at.at(-2) ?? 0)).toBe(intervalMs);
    }
  });
});
