import { describe, expect, it } from 'vitest';
import type { Findings } from '../../../src/agent/examine.js';
import { doctorJson, doctorText } from '../../../src/cli/format-doctor.js';

const plain = (text: string): string => text;
const paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };

const findings: Findings = {
  ok: true,
  facts: {
    hostname: 'pve1',
    kernelRelease: '6.18.0',
    machine: 'x86_64',
    pageSize: 4096,
    cpus: 8,
    ksmPresent: true,
    ksmFeatures: ['run', 'pages_to_scan'],
    root: true,
  },
  bpftraceVersion: undefined,
  probes: [{ name: 'cow', state: 'off', detail: 'bpf/cow_walk.bt: COW breaks', restarts: 0 }],
  rivals: ['ksmtuned (pid 9)'],
  problems: [{ code: 'RIVAL_ALIVE', what: 'ksmtuned moves the knobs.', cure: 'Stop it.' }],
};

describe('doctor', () => {
  it('has the keys that scripts rely on, with null for what is not known', () => {
    expect(doctorJson(findings)).toMatchObject({
      ok: true,
      kernel: '6.18.0',
      bpftrace: null,
      ksm: { present: true, features: ['run', 'pages_to_scan'] },
      probes: [{ name: 'cow', state: 'off' }],
      rivals: ['ksmtuned (pid 9)'],
      problems: [{ code: 'RIVAL_ALIVE', what: 'ksmtuned moves the knobs.', cure: 'Stop it.' }],
    });
  });
  it('tells people each problem with its cure', () => {
    const text = doctorText(findings, paint);
    expect(text).toContain('KSM can be used here.');
    expect(text).toContain('RIVAL_ALIVE: ksmtuned moves the knobs.\n  Stop it.');
    expect(text).toContain('can run (bpf/cow_walk.bt: COW breaks)');
  });
  it('says so when KSM cannot be used', () =>
    expect(doctorText({ ...findings, ok: false }, paint)).toContain('KSM cannot be used here.'));
});
