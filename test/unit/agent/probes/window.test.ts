import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bucketsOf } from '../../../../src/agent/model/lifetime.js';
import { parseLine } from '../../../../src/agent/probes/line.js';
import {
  EpochWindow,
  countAt,
  countsByProcess,
  emptyCounts,
  lifetimesByProcess,
} from '../../../../src/agent/probes/window.js';

function replay(lines: readonly string[]): { window: EpochWindow; frames: (string | undefined)[] } {
  const window = new EpochWindow();
  const frames = lines.map((line) => {
    const message = parseLine(line);
    return message === undefined ? undefined : window.accept(message);
  });
  return { window, frames: frames.filter((frame) => frame !== undefined) };
}

const tick = (name: string): string => JSON.stringify({ type: 'printf', data: `tick ${name} 1\n` });
const tock = (name: string): string => JSON.stringify({ type: 'printf', data: `tock ${name}\n` });
const map = (name: string, cells: unknown): string => JSON.stringify({ type: 'map', data: { [name]: cells } });

describe('frames', () => {
  it.each(['0.17', '0.23', '0.27'])('of a recorded run of bpftrace %s give what the guest did', (version) => {
    const file = new URL(`../../../fixtures/bpftrace/${version}/session.jsonl`, import.meta.url);
    const { window, frames } = replay(readFileSync(file, 'utf8').split('\n'));
    window.finish();
    const rows = [...countsByProcess(window.counts()).values()];
    expect(frames.slice(0, 3)).toEqual(['scanner', 'cow', 'kvm']);
    // The guest: 31 + 17 by itself, 37 by read(2) and 53 by its machine, which this KVM emulates; its child: 41.
    const seen = { mergesNew: 3, mergesInto: 597, user: 48, kernel: 90, guest: 138 };
    expect(rows).toContainEqual({ ...emptyCounts(), ...seen });
    expect(rows).toContainEqual(expect.objectContaining({ user: 41, kernel: 0, guest: 0, mergesNew: 0 }));
    expect(countAt(window.counts().ksm, 4)).toBe(2);
  });

  it.each(['0.17', '0.23'])('of a recorded run of bpftrace %s give the lifetimes of each process', (version) => {
    const file = new URL(`../../../fixtures/bpftrace/${version}/lifetimes.jsonl`, import.meta.url);
    const { window } = replay(readFileSync(file, 'utf8').split('\n'));
    window.finish();
    const counts = window.counts();
    const breaks = [...countsByProcess(counts)].map(([pid, { user, kernel }]) => [pid, user + kernel] as const);
    const all = [...lifetimesByProcess(counts)].map(([pid, bars]) => [pid, bucketsOf(bars)] as const);
    // The first guest broke 31 pages a second after they merged, and 7 four seconds later; the second 17 with those.
    expect(breaks.map(([, count]) => count).sort()).toEqual([17, 38]);
    const [busy, calm] = [38, 17].map((count) => breaks.find((row) => row[1] === count)?.[0]);
    expect(new Map(all)).toEqual(
      new Map([
        [
          busy,
          [
            { lowerMs: 1_024, upperMs: 2_048, count: 31 },
            { lowerMs: 4_096, upperMs: 8_192, count: 7 },
          ],
        ],
        [calm, [{ lowerMs: 4_096, upperMs: 8_192, count: 17 }]],
      ]),
    );
  });

  it('count when they are complete', () => {
    const { window, frames } = replay([tick('cow'), map('@cow', { '7,0': 3 })]);
    expect(frames).toEqual([]);
    expect(window.counts().cow.size).toBe(0);
  });

  it('cut short by the end of the run count as far as they came', () => {
    const { window } = replay([tick('cow'), map('@cow', { '7,0': 3 })]);
    window.finish();
    expect(countsByProcess(window.counts()).get(7)?.user).toBe(3);
  });

  it('are replaced by newer ones, since counts are cumulative', () => {
    const frame = (n: number): string[] => [tick('cow'), map('@cow', { '7,0': n }), tock('cow')];
    const { window, frames } = replay([...frame(3), ...frame(5)]);
    expect(frames).toEqual(['cow', 'cow']);
    expect(countsByProcess(window.counts()).get(7)?.user).toBe(5);
  });

  it('may be followed by the final maps', () => {
    const { window } = replay([tick('cow'), map('@cow', { '7,0': 3 }), tock('cow'), '', map('@cow', { '7,0': 4 })]);
    expect(countsByProcess(window.counts()).get(7)?.user).toBe(4);
  });
});

describe('counts by process', () => {
  it('sort every kind into its field, and leave out kinds that no program has', () => {
    const { window } = replay([
      map('@merge', { '7,0': 1, '7,1': 2, '7,2': 3 }),
      map('@cow', { '7,0': 4, '7,1': 5, '7,2': 9, '7,3': 6, '7,5': 10, '7,6': 11, '7,7': 12, '7,9': 99 }),
      map('@guest', { '7, 2': 7, '7,4': '8' }),
    ]);
    expect(countsByProcess(window.counts())).toEqual(
      new Map([
        [
          7,
          {
            ...{ mergesNew: 1, mergesInto: 2, mergesZero: 3, user: 4, kernel: 5, zero: 6, guest: 7, guestZero: 8 },
            ...{ guestWrite: 9, remote: 10, unmerge: 11, pin: 12 },
          },
        ],
      ]),
    );
  });
});

describe('lifetimes by process', () => {
  it('have a bar for each age; what is no bar is left out', () => {
    const { window } = replay([map('@lifetime', { '7,0': 2, '7, 35': '3', '0,11': 5, '7,36': 9, '7,x': 9, 8: 9 })]);
    const byPid = [...lifetimesByProcess(window.counts())].map(([pid, bars]) => [pid, bucketsOf(bars)]);
    expect(byPid).toEqual([
      [
        7,
        [
          { lowerMs: 0, upperMs: 1, count: 2 },
          { lowerMs: 2 ** 34, upperMs: null, count: 3 },
        ],
      ],
      [0, [{ lowerMs: 1_024, upperMs: 2_048, count: 5 }]],
    ]);
  });
});

describe('service times', () => {
  it('are a histogram of their own', () => {
    const bars = JSON.stringify({ type: 'hist', data: { '@service_ns': [{ min: 4, max: 7, count: 3 }] } });
    const { window } = replay([tick('cow'), bars, tock('cow')]);
    expect(window.counts()).toMatchObject({ lifetime: new Map(), serviceNs: [{ min: 4, max: 7, count: 3 }] });
  });
});
