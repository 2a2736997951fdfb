import { expect, test } from 'vitest';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import type { CowTotals } from '../../../../src/agent/model/probe.js';
import { encodeCow, lifetimeBoundMs } from '../../../../src/agent/rpc/encode-cow.js';
import { loadProto } from '../../../../src/agent/rpc/proto.js';
import { testCow } from '../../../helpers/agent-port.js';

const COW: CowTotals = { ...testCow(), attributed: 3, byUser: 2, byKernel: 1 };

function told(cow: CowTotals): unknown {
  const definition = loadProto()['ksmpilot.v1.CowBreaks'] as MessageTypeDefinition<object, object>;
  return definition.deserialize(definition.serialize(encodeCow(cow)));
}

test('a kind that the tier does not see has no key; one that it sees and that made none is 0', () => {
  expect(told(COW)).toEqual({
    tier: 'tracepoint',
    by_user: 2,
    by_kernel: 1,
    by_guest: 0,
    duty: null,
    service_time: null,
  });
  expect(told({ ...COW, tier: 'kprobe', byRemote: 0, byUnmerge: 5, byPin: 7 })).toMatchObject({
    tier: 'kprobe',
    by_remote: 0,
    by_unmerge: 5,
    by_pin: 7,
  });
});

test('windows: no coverage before anything broke, 0 s to the next one is not unknown', () => {
  expect(told({ ...COW, duty: { open: false, windows: 0, costCores: 0, nextInSec: 0 } })).toMatchObject({
    duty: { open: false, windows: 0, cost_cores: 0, next_in_sec: 0 },
  });
  expect(told({ ...COW, duty: { open: true, windows: 4, coverage: 0.25, costCores: 0.004 } })).toMatchObject({
    duty: { open: true, windows: 4, coverage: 0.25, cost_cores: 0.004 },
  });
});

test('service time: bars as they are, shares at the upper end of a bar', () => {
  const buckets = [
    { lowerNs: 1024, upperNs: 2048, count: 60 },
    { lowerNs: 2048, upperNs: 4096, count: 38 },
    { lowerNs: 4096, upperNs: null, count: 2 },
  ];
  expect(told({ ...COW, serviceTime: { by: 'kretprobe', buckets } })).toMatchObject({
    service_time: {
      by: 'kretprobe',
      buckets: [
        { lower_ns: 1024, upper_ns: 2048, count: 60 },
        { lower_ns: 2048, upper_ns: 4096, count: 38 },
        { lower_ns: 4096, count: 2 },
      ],
      p50_ns: 2048,
    },
  });
});

test('half of the merges that ended', () => {
  expect(lifetimeBoundMs([])).toBeUndefined();
  expect(
    lifetimeBoundMs([
      { lowerMs: 0, upperMs: 16, count: 1 },
      { lowerMs: 16, upperMs: 32, count: 2 },
      { lowerMs: 32, upperMs: null, count: 1 },
    ]),
  ).toBe(32);
});
