import { expect, test } from 'vitest';
import { latenessOf } from '../../../../bench/stream/arrivals.js';

test('each event is known with the first total that counts it', () => {
  const arrivals = [
    { atMs: 1000, total: 50 },
    { atMs: 2000, total: 53 },
    { atMs: 3000, total: 54 },
  ];
  expect(latenessOf([1100, 1500, 1900, 2300], arrivals, 50)).toEqual({
    events: 4,
    untold: 0,
    p50Ms: 500,
    p99Ms: 900,
    maxMs: 900,
  });
});

test('events that no total counts are told as such', () => {
  expect(latenessOf([10, 20, 30], [{ atMs: 100, total: 2 }], 0)).toMatchObject({ events: 2, untold: 1, maxMs: 90 });
  expect(latenessOf([10], [], 0)).toMatchObject({ events: 0, untold: 1, p99Ms: NaN });
});

test('events spread evenly over an interval are half an interval late, and 99 of 100 less than one', () => {
  const times = Array.from({ length: 10_000 }, (_, index) => index * 9.7);
  const arrivals = Array.from({ length: 98 }, (_, index) => {
    const atMs = (index + 1) * 1000;
    return { atMs, total: Math.min(10_000, Math.ceil(atMs / 9.7)) };
  });
  const { p50Ms, p99Ms, untold } = latenessOf(times, arrivals, 0);
  expect(untold).toBe(0);
  expect(p50Ms).toBeGreaterThan(480);
  expect(p50Ms).toBeLessThan(520);
  expect(p99Ms).toBeGreaterThan(970);
  expect(p99Ms).toBeLessThanOrEqual(1000);
});
