import { describe, expect, it } from 'vitest';

import { KsmWriter } from '../../src/agent/kernel/ksm-writer.js';
import { Guest } from '../helpers/guest.js';
import { useKernel } from '../helpers/kernel-session.js';
import { thrownBy } from '../helpers/kernel-tree.js';
import { readKsm, until, writeKnobs } from '../helpers/knobs.js';

useKernel();

const writer = new KsmWriter();

describe('the writer on this kernel', () => {
  it('writes a knob, which the kernel then has', () => {
    for (const [knob, value] of [
      ['pages_to_scan', 1234],
      ['sleep_millisecs', 37],
    ] as const) {
      writer.write(knob, value);
      expect(readKsm(knob)).toBe(value);
      expect(writer.read(knob)).toBe(value);
    }
  });

  it('starts and stops the scan', () => {
    writer.write('run', 1);
    expect(readKsm('run')).toBe(1);
    writer.write('run', 0);
    expect(readKsm('run')).toBe(0);
  });

  it('refuses run = 2', () => {
    expect(thrownBy(() => writer.write('run', 2))).toMatchObject({ code: 'KSM_UNMERGE_REFUSED' });
    expect(readKsm('run')).not.toBe(2);
  });

  it('names the advisor when it is in the way; off, it leaves pages_to_scan at 100', ({ skip }) => {
    if (thrownOrNothing(() => writer.read('advisor_mode')) !== undefined) skip('this kernel has no advisor (6.8)');
    writer.write('pages_to_scan', 1234);
    writer.write('advisor_mode', 'scan-time');
    try {
      const value = Number(writer.read('pages_to_scan')) + 1;
      expect(thrownBy(() => writer.write('pages_to_scan', value))).toMatchObject({
        code: 'KSM_KNOB_REFUSED',
        message: `writing ${value} to pages_to_scan failed with EINVAL; advisor_mode is scan-time, and the advisor owns pages_to_scan`,
      });
    } finally {
      writer.write('advisor_mode', 'none');
    }
    expect(readKsm('pages_to_scan')).toBe(100);
  });

  it('passes on what the kernel refuses otherwise', () => {
    expect(thrownBy(() => writer.write('smart_scan', 7))).toMatchObject({
      code: 'KSM_KNOB_REFUSED',
      message: 'writing 7 to smart_scan failed with EINVAL',
    });
    expect(thrownBy(() => writer.write('pages_to_scan', 2 ** 40))).toMatchObject({ code: 'KSM_KNOB_REFUSED' });
  });

  it('tells how many pages are shared when that forbids a write', async () => {
    await using guest = await Guest.start('writer-busy');
    await guest.map(0, 300, 'same');
    writeKnobs({ smart_scan: 0, pages_to_scan: 2000, sleep_millisecs: 10, run: 1 });
    await until('some is merged', () => readKsm('pages_sharing') > 0);
    writeKnobs({ run: 0 });
    expect(thrownBy(() => writer.write('max_page_sharing', readKsm('max_page_sharing') + 1))).toMatchObject({
      code: 'KSM_KNOB_REFUSED',
      message: expect.stringMatching(/failed with EBUSY; pages_shared is [1-9]\d*$/) as string,
    });
  });
});

function thrownOrNothing(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
