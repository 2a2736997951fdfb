import { describe, expect, it } from 'vitest';
import {
  GUEST_FIELDS,
  guestFigures,
  HOST_FIELDS,
  hostFigures,
  keptGuests,
} from '../../../../src/agent/history-store/fields.js';
import { encodeSample } from '../../../../src/agent/rpc/encode.js';
import { encodeGuest } from '../../../../src/agent/rpc/encode-guest.js';
import { testGuest, testPoint } from '../../../helpers/agent-port.js';

const POINT = testPoint(
  5,
  {
    savedBytes: 1,
    profitBytes: -2,
    memory: { sharedBytes: 3, sharingBytes: 4, unsharedBytes: 5, volatileBytes: 6, zeroBytes: 7 },
    ksmdCpuPct: 8,
    mergesTotal: 9,
    netCores: 0.5,
    memAvailableBytes: 10,
    unmergeNeededBytes: 11,
    unmergeUsableBytes: 12,
  },
  { ksm: { run: 1, pages_to_scan: 100 }, probes: { lostEvents: 3 } },
);

describe('what is kept of a sample', () => {
  it('has the name and the value that the frame has', () => {
    const frame = encodeSample(POINT) as Record<string, unknown>;
    const knobs = frame['knobs'] as Record<string, unknown>;
    const figures = hostFigures(POINT);
    HOST_FIELDS.forEach(({ name }, index) => {
      const told = name.startsWith('knobs.') ? knobs[name.slice('knobs.'.length)] : frame[name];
      expect([name, figures[index]]).toEqual([name, told ?? Number.NaN]);
    });
  });

  it('are fields of the .proto', () => {
    const frame = Object.keys(encodeSample(POINT));
    for (const { name } of HOST_FIELDS) {
      if (!name.startsWith('knobs.')) expect(frame).toContain(name);
    }
    expect(new Set(HOST_FIELDS.map(({ name }) => name)).size).toBe(HOST_FIELDS.length);
  });
});

describe('what is kept of a guest', () => {
  const guest = testGuest({
    kind: 'libvirt',
    name: 'web',
    pids: [1],
    mergeableBytes: 4096,
    savedBytes: 1024,
    ksmdCores: 0.25,
    worthCores: -1,
    mergesTotal: 6,
  });

  it('has the name and the value that the list has', () => {
    const told = encodeGuest(guest) as Record<string, unknown>;
    const figures = guestFigures([guest, guest]);
    expect(figures).toHaveLength(2 * GUEST_FIELDS.length);
    GUEST_FIELDS.forEach(({ name }, index) => {
      expect([name, figures[GUEST_FIELDS.length + index]]).toEqual([name, told[name] ?? Number.NaN]);
    });
  });

  it('is of guests that KSM has to do with, each once', () => {
    const idle = testGuest({ kind: 'libvirt', name: 'idle', pids: [2], mergeableBytes: 0 });
    const unknown = testGuest({ ...guest, kind: 'unknown', name: 'x', pids: [3], identity: 'unknown/x' });
    const ending = testGuest({ ...guest, mergeableBytes: 1 });
    expect(keptGuests([idle, ending, unknown, guest])).toEqual([guest]);
  });
});
