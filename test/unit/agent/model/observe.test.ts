import { describe, expect, it } from 'vitest';
import type { Point } from '../../../../src/agent/model/derived.js';
import { observe } from '../../../../src/agent/model/observe.js';
import type { KsmSysfs, ProcessRaw, Sample } from '../../../../src/agent/model/raw.js';

const ksm: KsmSysfs = { run: 1, pages_to_scan: 100, sleep_millisecs: 20, pages_shared: 1, pages_sharing: 2 };

function told(sample: Partial<Sample>, entered?: number): ReturnType<typeof observe> {
  const point = {
    sample: { seq: 0, timeMs: 0, monoMs: 1000, processes: [], sources: [], ksm, ...sample },
    probes: { processes: [], lostEvents: 0, states: [], ...(entered === undefined ? {} : { scanner: { entered } }) },
  } as unknown as Point;
  return observe({ point, nowMonoMs: 1500, pageSize: 4096, rivals: ['ksmtuned'] });
}
const proc = (rest: Partial<ProcessRaw>): ProcessRaw => ({
  pid: 1,
  startTicks: 1,
  comm: 'p',
  rssAnonPages: 10,
  ...rest,
});

describe('observe', () => {
  it('is silent where a knob or a basic counter is missing', () => {
    expect(told({ ksm: { ...ksm, run: undefined } })).toBeUndefined();
    expect(told({ ksm: { ...ksm, pages_sharing: undefined } })).toBeUndefined();
    expect(told({ ksm: undefined })).toBeUndefined();
  });
  it('tells age and rivals', () => expect(told({})).toMatchObject({ ageMs: 500, rivals: ['ksmtuned'] }));
  it('keeps unknown apart from 0', () =>
    expect(told({})).toMatchObject({ cow_ksm: null, ksmdCpuNs: null, entered: null, pages_scanned: null }));
  it('knows who entered only from probes', () => expect(told({}, 3)?.entered).toBe(3));
  it('counts anonymous memory of those who offer some, zero pages included', () =>
    expect(
      told({
        processes: [
          proc({ ksm_mergeable: true, ksm_zero_pages: 5 }),
          proc({ ksm_mergeable: false }),
          proc({ ksm_mergeable: false, ksm_rmap_items: 4 }),
          proc({}),
        ],
      }),
    ).toMatchObject({ mergeableProcesses: 3, mergeableBytes: (15 + 10 + 10) * 4096 }));
  it('does not claim an empty host when the processes could not be read', () =>
    expect(told({ sources: [{ name: 'processes', state: 'failed', durationMs: 0 }] })).toMatchObject({
      mergeableBytes: null,
      mergeableProcesses: null,
    }));
});
