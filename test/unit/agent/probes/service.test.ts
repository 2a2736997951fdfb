import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceBucket } from '../../../../src/agent/model/probe.js';
import { parseLine } from '../../../../src/agent/probes/line.js';
import { joinServiceBuckets, serviceBuckets, serviceTime, timedBreaks } from '../../../../src/agent/probes/service.js';

/** Power-of-two bars as bpftrace makes them of these times. */
function barsOf(times: readonly number[]): readonly ServiceBucket[] {
  const counts = new Map<number, number>();
  for (const time of times) {
    const lower = 2 ** Math.floor(Math.log2(time));
    counts.set(lower, (counts.get(lower) ?? 0) + 1);
  }
  return serviceBuckets([...counts].map(([min, count]) => ({ min, max: 2 * min - 1, count })));
}

const times = fc.array(fc.integer({ min: 1, max: 2 ** 30 }), { minLength: 1, maxLength: 200 });

describe('bars', () => {
  it('are those of a line of bpftrace, upper ends excluded', () => {
    const line =
      '{"type": "hist", "data": {"@service_ns": [{"min": 1024, "max": 2047, "count": 31}, ' +
      '{"min": 2048, "max": 4095, "count": 0}, {"min": 4096, "max": 8191, "count": 3}]}}';
    const message = parseLine(line);
    expect(message?.kind === 'hist' && serviceBuckets(message.entries)).toEqual([
      { lowerNs: 1024, upperNs: 2048, count: 31 },
      { lowerNs: 4096, upperNs: 8192, count: 3 },
    ]);
  });

  it('know no time below zero, and one bar may be open above', () => {
    expect(
      serviceBuckets([
        { max: -1, count: 5 },
        { min: 0, max: 0, count: 2 },
        { min: 1024, count: 1 },
      ]),
    ).toEqual([
      { lowerNs: 0, upperNs: 1, count: 2 },
      { lowerNs: 1024, upperNs: null, count: 1 },
    ]);
  });

  it('of two runs add up to those of all times together', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(joinServiceBuckets(barsOf(a), barsOf(b))).toEqual(barsOf([...a, ...b]));
        expect(timedBreaks(barsOf(a))).toBe(a.length);
      }),
    );
  });

  it('without a count are no service time', () => {
    expect(serviceTime('minor-fault', serviceBuckets([{ min: 1024, max: 2047, count: 0 }]))).toBeUndefined();
    expect(serviceTime('minor-fault', barsOf([1500, 1600]))).toEqual({
      by: 'minor-fault',
      buckets: [{ lowerNs: 1024, upperNs: 2048, count: 2 }],
    });
  });
});
