import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { encodeHost, encodeKnobs, encodeProcess, encodeSample } from '../../../../src/agent/rpc/encode.js';
import { toCount, toFigure, toSigned } from '../../../../src/agent/rpc/encode-number.js';
import { loadProto } from '../../../../src/agent/rpc/proto.js';
import { testCow, testHost, testPoint, testRow } from '../../../helpers/agent-port.js';

/** Through the wire and back, as any client sees it. */
function roundTrip(type: string, message: object): Record<string, unknown> {
  const definition = loadProto()[`ksmpilot.v1.${type}`] as MessageTypeDefinition<object, object>;
  return definition.deserialize(definition.serialize(message)) as Record<string, unknown>;
}

test('what the host cannot say has no key, not 0', () => {
  const frame = roundTrip('SampleFrame', encodeSample(testPoint(0)));
  expect(frame).toEqual({
    dropped: 0,
    seq: 0,
    time_ms: 1_700_000_000_000,
    lost_events_total: 0,
    knobs: null,
    merge_lifetime: [],
    processes: [],
    cow: null,
  });
});

test('0 stays 0, negative profit stays negative, 53 bits survive', () => {
  const point = testPoint(
    7,
    {
      savedBytes: 0,
      profitBytes: -64,
      ksmdCpuPct: 0,
      mergesTotal: Number.MAX_SAFE_INTEGER,
      cowBreaksEstimatedTotal: 0,
      netCores: -0.25,
      memory: { sharedBytes: 4096, sharingBytes: 0, unsharedBytes: 1, volatileBytes: 2, zeroBytes: null },
    },
    {
      ksm: { run: 0, pages_to_scan: 100, advisor_mode: 'none', pages_shared: 1, pages_scanned: 0, pages_skipped: 7 },
      ksmd: { pid: 41, cpuNs: 1_500_000_001 },
    },
  );
  const frame = roundTrip('SampleFrame', encodeSample(point, { dropped: 3 }));
  expect(frame).toMatchObject({
    dropped: 3,
    seq: 7,
    saved_bytes: 0,
    profit_bytes: -64,
    ksmd_cpu_pct: 0,
    merges_total: Number.MAX_SAFE_INTEGER,
    cow_breaks_estimated_total: 0,
    net_cores: -0.25,
    shared_bytes: 4096,
    sharing_bytes: 0,
    ksmd_cpu_sec_total: 1.500000001,
    pages_scanned_total: 0,
    pages_skipped_total: 7,
    knobs: { run: 0, pages_to_scan: 100, advisor_mode: 'none' },
  });
  expect(frame).not.toHaveProperty('zero_bytes');
  expect(frame).not.toHaveProperty('scan_pages_per_sec');
  expect(Object.keys(frame['knobs'] as object)).toEqual(['run', 'pages_to_scan', 'advisor_mode']);
});

test('processes travel only when asked for; the last histogram bucket has no upper bound', () => {
  const point = testPoint(
    1,
    {
      processes: [
        testRow({
          pid: 42,
          comm: 'qemu',
          savedBytes: 12_288.6,
          profitBytes: -1,
          mergesTotal: 0,
          cowBreaksTotal: 9,
          cowBreaksSeen: 2,
          ended: true,
        }),
      ],
    },
    {
      probes: {
        lostEvents: 5,
        cow: {
          ...testCow(),
          lifetimeSampledOneIn: 4,
          mergeLifetime: [
            { lowerMs: 0, upperMs: 1, count: 2 },
            { lowerMs: 1, upperMs: null, count: 3 },
          ],
        },
      },
    },
  );
  expect(roundTrip('SampleFrame', encodeSample(point))['processes']).toEqual([]);
  const frame = roundTrip('SampleFrame', encodeSample(point, { withProcesses: true }));
  expect(frame['processes']).toEqual([
    {
      pid: 42,
      comm: 'qemu',
      saved_bytes: 12_289,
      profit_bytes: -1,
      merges_total: 0,
      cow_breaks_total: 9,
      cow_breaks_seen: 2,
      ended: true,
    },
  ]);
  expect(frame).toMatchObject({ lost_events_total: 5, lifetime_sampled_one_in: 4 });
  expect(frame['merge_lifetime']).toEqual([
    { lower_ms: 0, upper_ms: 1, count: 2 },
    { lower_ms: 1, count: 3 },
  ]);
});

test('a host without bpftrace and a probe that never started', () => {
  const host = testHost({
    probes: [{ name: 'cow', state: 'unavailable', detail: 'bpftrace is not on PATH.', restarts: 0 }],
    problems: [{ code: 'BPFTRACE_MISSING', what: 'bpftrace is not on PATH.', cure: 'apt install bpftrace' }],
  });
  const told = roundTrip('Host', encodeHost(host));
  expect(told).not.toHaveProperty('bpftrace_version');
  expect(told).not.toHaveProperty('mem_total_bytes');
  expect(told['probes']).toEqual([
    { name: 'cow', state: 'unavailable', detail: 'bpftrace is not on PATH.', restarts: 0 },
  ]);
  expect(told['problems']).toEqual([
    { code: 'BPFTRACE_MISSING', what: 'bpftrace is not on PATH.', cure: 'apt install bpftrace' },
  ]);
});

test('knobs are taken out of a whole KsmSysfs', () => {
  expect(Object.keys(roundTrip('Knobs', encodeKnobs({ run: 1, sleep_millisecs: 0 })))).toEqual([
    'run',
    'sleep_millisecs',
  ]);
});

test('whatever numbers a process row holds, the wire holds the same, or nothing', () => {
  const figure = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NaN, Infinity, -Infinity, -0, 2 ** 60, null));
  fc.assert(
    fc.property(figure, figure, (savedBytes, profitBytes) => {
      const told = roundTrip('Process', encodeProcess(testRow({ pid: 1, comm: 'x', savedBytes, profitBytes })));
      expect(told['saved_bytes']).toBe(toCount(savedBytes));
      expect(told['profit_bytes']).toBe(toSigned(profitBytes));
    }),
  );
});

test.each([
  [null, undefined, undefined, undefined],
  [undefined, undefined, undefined, undefined],
  [NaN, undefined, undefined, undefined],
  [Infinity, undefined, undefined, undefined],
  [-1.5, undefined, -1, -1.5],
  [1.6, 2, 2, 1.6],
  [0, 0, 0, 0],
  [2 ** 53, undefined, undefined, 2 ** 53],
])('%s as count, signed, figure', (value, count, signed, figure) => {
  expect(toCount(value)).toBe(count);
  expect(toSigned(value)).toBe(signed);
  expect(toFigure(value)).toBe(figure);
});
