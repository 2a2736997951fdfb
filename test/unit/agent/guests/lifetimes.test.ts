import { describe, expect, test } from 'vitest';
import { GuestLifetimes, type LifetimesInput } from '../../../../src/agent/guests/lifetimes.js';
import { addBars, barOf, NO_BARS } from '../../../../src/agent/model/lifetime.js';
import type { LifetimeBars } from '../../../../src/agent/model/probe.js';

const HOUR = 3_600_000;

/** So many merges that ended at this age. */
function bars(count: number, sec: number): LifetimeBars {
  const own = barOf(sec * 1_000);
  return NO_BARS.map((_, bar) => (bar === own ? count : 0));
}

interface Told {
  readonly series?: string;
  readonly hours?: number;
  /** Start of each process, by pid. */
  readonly alive?: Readonly<Record<number, number>>;
  readonly guests?: Readonly<Record<number, string>>;
}

function tell(lifetimes: GuestLifetimes, byPid: Readonly<Record<number, LifetimeBars>>, told: Told = {}): void {
  const { series = 'a', hours = 0, alive = { 7: 70 }, guests = { 7: 'web' } } = told;
  lifetimes.update({
    lifetimes: { series, byPid: mapOf(byPid) },
    startTicks: mapOf(alive),
    identities: mapOf(guests),
    monoMs: hours * HOUR,
  } satisfies LifetimesInput);
}

function mapOf<T>(record: Readonly<Record<number, T>>): Map<number, T> {
  return new Map(Object.entries(record).map(([key, value]) => [Number(key), value]));
}

/** The middle of the bar that this age is in. */
function about(sec: number): number {
  const lower = 2 ** (barOf(sec * 1_000) - 1);
  return (lower * Math.SQRT2) / 1_000;
}

describe('the lifetimes of a guest', () => {
  test('are those of all its processes', () => {
    const lifetimes = new GuestLifetimes();
    const told = { alive: { 7: 70, 8: 80, 9: 90 }, guests: { 7: 'web', 8: 'web', 9: 'db' } };
    tell(lifetimes, { 7: bars(10, 3), 8: bars(11, 300), 9: bars(20, 40) }, told);
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(300), 6);
    expect(lifetimes.medianSec('db')).toBeCloseTo(about(40), 6);
  });

  test('are not known with fewer than twenty, nor of a guest never heard of', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(19, 3) });
    expect(lifetimes.medianSec('web')).toBeNull();
    expect(lifetimes.medianSec('db')).toBeNull();
    tell(lifetimes, { 7: bars(20, 3) });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
  });

  test('are those of this hour and the one before', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(1_000, 3) });
    const more = addBars(bars(1_000, 3), bars(30, 600));
    tell(lifetimes, { 7: more }, { hours: 1 });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
    tell(lifetimes, { 7: more }, { hours: 2 });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(600), 6);
    tell(lifetimes, { 7: more }, { hours: 3 });
    expect(lifetimes.medianSec('web')).toBeNull();
  });

  test('are forgotten when nobody has looked for two hours', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(30, 3) });
    tell(lifetimes, { 7: bars(30, 3) }, { hours: 2.5 });
    expect(lifetimes.medianSec('web')).toBeNull();
  });

  test('go on when it is started again under another pid, with the last breaks of the process that ended', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(15, 3) });
    tell(lifetimes, { 7: bars(18, 3), 8: bars(2, 3) }, { alive: { 8: 90 }, guests: { 8: 'web' } });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
  });

  test('do not go to another that gets its pid', () => {
    const lifetimes = new GuestLifetimes();
    const db = { alive: { 7: 71 }, guests: { 7: 'db' } };
    tell(lifetimes, { 7: bars(1_000, 3) });
    tell(lifetimes, { 7: bars(1_050, 3) }, { alive: {}, guests: {} }); // ended
    tell(lifetimes, { 7: bars(1_100, 3) }, db); // of these fifty nobody knows whose they are
    expect(lifetimes.medianSec('db')).toBeNull();
    tell(lifetimes, { 7: addBars(bars(1_100, 3), bars(20, 600)) }, db);
    expect(lifetimes.medianSec('db')).toBeCloseTo(about(600), 6);
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
  });

  test('do not begin with those of a short-lived process that had its pid and was in no sample', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(500, 3) }, { alive: {}, guests: {} });
    tell(lifetimes, { 7: bars(500, 3) });
    expect(lifetimes.medianSec('web')).toBeNull();
    tell(lifetimes, { 7: addBars(bars(500, 3), bars(20, 40)) });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(40), 6);
  });

  test('have all from the start of a process that is identified late', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(15, 3) }, { guests: {} });
    tell(lifetimes, { 7: bars(20, 3) });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
  });

  test('begin anew with a new series, as counts do not compare', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(1_000, 3) });
    tell(lifetimes, { 7: bars(10, 600) }, { series: 'b' });
    expect(lifetimes.medianSec('web')).toBeNull();
    tell(lifetimes, { 7: bars(20, 600) }, { series: 'b' });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(600), 6);
  });

  test('take nothing from counts that went back unannounced', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(30, 3) });
    tell(lifetimes, { 7: bars(25, 600) });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
  });

  test('stay while nothing is told', () => {
    const lifetimes = new GuestLifetimes();
    tell(lifetimes, { 7: bars(30, 3) });
    lifetimes.update({ lifetimes: undefined, startTicks: new Map(), identities: new Map(), monoMs: 1_000 });
    expect(lifetimes.medianSec('web')).toBeCloseTo(about(3), 6);
  });

  test('are kept of 8,192 guests, those that broke last', () => {
    const lifetimes = new GuestLifetimes();
    const pids = Array.from({ length: 8_193 }, (_, n) => n + 1);
    const ofEach = <T>(value: (pid: number) => T): Record<number, T> =>
      Object.fromEntries(pids.map((pid) => [pid, value(pid)]));
    tell(
      lifetimes,
      ofEach(() => bars(20, 3)),
      { alive: ofEach((pid) => pid), guests: ofEach((pid) => `g${pid}`) },
    );
    expect(lifetimes.medianSec('g1')).toBeNull();
    expect(lifetimes.medianSec('g2')).not.toBeNull();
    expect(lifetimes.medianSec('g8193')).not.toBeNull();
  });
});
