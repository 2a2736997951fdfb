import { expect, test } from 'vitest';
import { HistoryMaker, recordedOf } from '../../../../src/agent/what-if/recorded.js';
import { testPoint } from '../../../helpers/agent-port.js';

const MEMORY = { sharedBytes: 4096, sharingBytes: 8192, unsharedBytes: 12_288, volatileBytes: 0, zeroBytes: 4096 };
const KSM = { run: 1, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1, use_zero_pages: 0 };

test('points become samples in pages and seconds', () => {
  const maker = new HistoryMaker(4096);
  const derived = { memory: MEMORY, ksmdCpuPct: 25, cowBreaksTotal: 3, mergesTotal: 9, offeredBytes: 40_960 };
  maker.add(recordedOf(testPoint(0, derived, { ksm: KSM })));
  maker.add(recordedOf(testPoint(7, {}, {}))); // KSM could not be read
  maker.add(recordedOf(testPoint(9, { memory: MEMORY }, { ksm: { ...KSM, smart_scan: 0 } })));
  expect(maker.size).toBe(2);
  expect(maker.finish(2 ** 30)).toEqual({
    pageSize: 4096,
    memTotalBytes: 2 ** 30,
    smartScan: false,
    useZeroPages: false,
    samples: [
      {
        ...{ atSec: 0, shared: 1, sharing: 2, unshared: 3, volatile: 0, zero: 1, offered: 10, cpuShare: 0.25 },
        ...{ breaks: 3, merges: 9, brokenLifetimeSec: null },
        knobs: { run: 1, pages_to_scan: 100, sleep_millisecs: 20 },
      },
      expect.objectContaining({ atSec: 9, offered: null, cpuShare: null, breaks: null }) as unknown,
    ],
  });
});
