import { describe, expect, it } from 'vitest';
import type { SampleFrame__Output } from '../../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { worthSentence } from '../../../../web/page/worth.js';

const GIB = 1024 ** 3;
const FRAME: SampleFrame__Output = {
  dropped: 0,
  seq: 1,
  time_ms: 1,
  lost_events_total: 0,
  knobs: null,
  merge_lifetime: [],
  processes: [],
  cow: null,
};

describe('worthSentence', () => {
  it('does the sum that it shows', () => {
    const frame = { ...FRAME, saved_bytes: 2 * GIB, ksmd_cpu_pct: 5, net_cores: 0.2 };
    expect(worthSentence(frame, 8)).toBe(
      '2.00 GiB is worth 0.250 cores at 8 GiB per core; ksmd uses 0.050: merging pays.',
    );
  });

  it('says so when merging costs more than it saves, or neither', () => {
    const frame = { ...FRAME, saved_bytes: GIB, ksmd_cpu_pct: 20 };
    expect(worthSentence({ ...frame, net_cores: -0.075 }, 8)).toContain('merging costs more than it saves.');
    expect(worthSentence({ ...frame, net_cores: 0.0001 }, 8)).toContain('neither gain nor loss.');
  });

  it('names what is not known', () => {
    expect(worthSentence(undefined, 8)).toBe('Waiting for the first sample.');
    expect(worthSentence(FRAME, 8)).toBe('This host does not say what KSM saves.');
    expect(worthSentence({ ...FRAME, saved_bytes: GIB }, undefined)).toContain('price');
    expect(worthSentence({ ...FRAME, saved_bytes: GIB }, 8)).toContain('what ksmd uses is not known');
  });

  it('explains a stopped ksmd', () => {
    const frame = { ...FRAME, saved_bytes: 0, ksmd_cpu_pct: 0, net_cores: 0, knobs: { run: 0 } };
    expect(worthSentence(frame, 8)).toBe('ksmd is stopped (run is 0), so nothing merges.');
    expect(worthSentence(frame, 8, true)).toBe('ksmd rests (run is 0) until the tuner has something to scan for.');
  });
});
