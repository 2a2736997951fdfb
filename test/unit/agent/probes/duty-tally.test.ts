import { describe, expect, it } from 'vitest';
import { WindowTally } from '../../../../src/agent/probes/duty-tally.js';

const frame = (sec: number, cowKsm: number | undefined, breaks: Record<number, number>) => ({
  sec,
  cowKsm,
  lagSec: 0,
  breaks: new Map(Object.entries(breaks).map(([pid, count]) => [Number(pid), count])),
});

describe("a window's rates", () => {
  it('are unknown with fewer than two frames', () => {
    const tally = new WindowTally();
    expect([tally.head, tally.tail, tally.growth]).toEqual([undefined, undefined, 0]);
    tally.add(frame(10, 500, { 7: 4 }));
    expect([tally.head, tally.tail]).toEqual([undefined, undefined]);
    expect(tally.growth).toBe(4); // what was counted before the first frame
  });

  it('lie between its first and its last frame; what nobody was charged with is the rest', () => {
    const tally = new WindowTally();
    tally.add(frame(10, 500, { 7: 4 }));
    tally.add(frame(11, 550, { 7: 40, 8: 1 }));
    tally.add(frame(12, 600, { 7: 64, 8: 20 }));
    const rates = {
      perSec: new Map([
        [7, 30],
        [8, 10],
      ]),
      restPerSec: 10,
    };
    expect(tally.head).toEqual(rates);
    expect(tally.tail).toEqual(rates);
    expect(tally.growth).toBe(104);
  });

  it('have no rest below zero where threads that collide were counted twice', () => {
    const tally = new WindowTally();
    tally.add(frame(10, 500, {}));
    tally.add(frame(11, 510, { 7: 12 }));
    expect(tally.tail?.restPerSec).toBe(0);
  });

  it('have no rest that may come of reading cow_ksm later than the counts', () => {
    const tally = new WindowTally();
    tally.add(frame(10, 500, {}));
    tally.add({ ...frame(12, 710, { 7: 200 }), lagSec: 0.1 });
    expect(tally.tail?.restPerSec).toBe(0);
    expect(tally.rest).toBe(0);
    tally.add({ ...frame(14, 1_000, { 7: 400 }), lagSec: 0.1 });
    expect(tally.rest).toBeCloseTo(90, 6);
  });

  it('have no rest where the kernel counts no breaks', () => {
    const tally = new WindowTally();
    tally.add(frame(10, undefined, {}));
    tally.add(frame(11, undefined, { 7: 12 }));
    expect(tally.tail).toEqual({ perSec: new Map([[7, 12]]), restPerSec: 0 });
  });

  it('of a long window are those of the minute that faces the gap', () => {
    const tally = new WindowTally();
    for (let sec = 0; sec <= 600; sec += 1) {
      const early = Math.min(sec, 300);
      tally.add(frame(sec, sec, { 7: early, 8: sec - early }));
      expect(tally.isHeadWhole).toBe(sec > 60);
    }
    expect(tally.head).toEqual({ perSec: new Map([[7, 1]]), restPerSec: 0 });
    expect(tally.tail).toEqual({ perSec: new Map([[8, 1]]), restPerSec: 0 });
  });
});
