import { describe, expect, it } from 'vitest';
import { kataKnobs, KataThrottler, type KataMode } from '../../../../../bench/bakeoff/policies/kata.js';

/** What it writes each second, kicked at the given seconds. */
function play(seconds: number, kicks: readonly number[]): readonly [number, KataMode][] {
  const throttler = new KataThrottler();
  const written: [number, KataMode][] = [];
  for (let now = 0; now <= seconds; now += 1) {
    const mode = kicks.includes(now) ? throttler.kick(now) : throttler.tick(now);
    if (mode !== undefined) written.push([now, mode]);
  }
  return written;
}

describe('KataThrottler', () => {
  it('goes to full speed for 30 s after a new guest, and down in steps of two minutes to what it found', () => {
    expect(play(1000, [5])).toEqual([
      [5, 'aggressive'],
      [35, 'standard'],
      [155, 'slow'],
      [275, 'initial'],
    ]);
  });

  it('counts the 30 s from the last guest, also from rest', () => {
    expect(play(60, [5, 20]).slice(1)).toEqual([
      [20, 'aggressive'],
      [50, 'standard'],
    ]);
    expect(play(450, [5, 400]).slice(4)).toEqual([
      [400, 'aggressive'],
      [430, 'standard'],
    ]);
  });

  it('writes nothing for two minutes when no guest comes', () => {
    expect(play(600, [])).toEqual([
      [120, 'standard'],
      [240, 'slow'],
      [360, 'initial'],
    ]);
  });
});

it('scans a part of the anonymous pages in each batch', () => {
  const anonKb = 400_003;
  expect(kataKnobs('aggressive', anonKb)).toEqual({ pages: 10_000, sleepMs: 1 });
  expect(kataKnobs('standard', anonKb)).toEqual({ pages: 1000, sleepMs: 10 });
  expect(kataKnobs('slow', anonKb)).toEqual({ pages: 200, sleepMs: 100 });
});
