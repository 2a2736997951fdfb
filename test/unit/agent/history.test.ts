import { describe, expect, it } from 'vitest';
import { History } from '../../../src/agent/history.js';
import type { Point } from '../../../src/agent/model/derived.js';

function point(seq: number): Point {
  const process = { pid: 1, startTicks: 1, comm: 'vm' };
  return {
    sample: { seq, timeMs: seq * 1000, monoMs: seq * 1000, processes: [process], sources: [] },
    probes: { processes: [], lostEvents: 0, states: [] },
    derived: { seq, timeMs: seq * 1000, processes: [{ pid: 1, comm: 'vm' }] } as unknown as Point['derived'],
  };
}

describe('History', () => {
  it('is bounded by time and keeps process rows of the newest point only', () => {
    const history = new History({ historySec: 60, intervalMs: 1000 });
    for (let seq = 0; seq < 500; seq += 1) history.add(point(seq));
    const all = history.since(0);
    expect(all).toHaveLength(61);
    expect(all.at(-1)?.sample.processes).toHaveLength(1);
    expect(all.slice(0, -1).every((p) => p.sample.processes.length + p.derived.processes.length === 0)).toBe(true);
  });

  it('looks back by time', () => {
    const history = new History({ historySec: 60, intervalMs: 1000 });
    for (let seq = 0; seq < 10; seq += 1) history.add(point(seq));
    expect(history.since(7000).map((p) => p.sample.seq)).toEqual([7, 8, 9]);
    expect(history.since(99_000)).toEqual([]);
  });

  it('tells listeners of whole points until they leave', () => {
    const history = new History({ historySec: 60, intervalMs: 1000 });
    const seen: number[] = [];
    const leave = history.listen((p) => seen.push(p.sample.processes.length));
    history.add(point(0));
    leave();
    history.add(point(1));
    expect(seen).toEqual([1]);
  });
});
