import { describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../src/agent/errors.js';
import type { Findings } from '../../../src/agent/examine.js';
import { registerDoctor } from '../../../src/cli/doctor.js';
import { doctorJson, doctorText } from '../../../src/cli/format-doctor.js';
import { runCli, type CliResult } from '../../helpers/cli.js';

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
  probes: [{ name: 'cow', state: 'off', detail: 'bpf/cow_fentry.bt: COW breaks', restarts: 0 }],
  subjects: [
    {
      name: 'cow',
      tiers: [
        { tier: 'fentry', file: 'cow_fentry.bt', taxing: false, state: 'first' },
        {
          tier: 'kprobe',
          file: 'cow_kprobe.bt',
          taxing: false,
          state: 'excluded',
          why: 'PROBE_UNSUPPORTED: no\u001b kprobes',
        },
        { tier: 'tracepoint', file: 'cow_walk.bt', taxing: true, state: 'spare' },
      ],
    },
  ],
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
      probes: [
        {
          name: 'cow',
          state: 'off',
          tiers: [
            { tier: 'fentry', program: 'cow_fentry.bt', state: 'first', taxes_page_faults: false, why: null },
            { tier: 'kprobe', state: 'excluded', why: 'PROBE_UNSUPPORTED: no\u001b kprobes' },
            { tier: 'tracepoint', state: 'spare', taxes_page_faults: true },
          ],
        },
      ],
      rivals: ['ksmtuned (pid 9)'],
      problems: [{ code: 'RIVAL_ALIVE', what: 'ksmtuned moves the knobs.', cure: 'Stop it.' }],
    });
  });
  it('tells people each problem with its cure', () => {
    const text = doctorText(findings, paint);
    expect(text).toContain('KSM can be used here.');
    expect(text).toContain('RIVAL_ALIVE: ksmtuned moves the knobs.\n  Stop it.');
    expect(text).toContain('can run (bpf/cow_fentry.bt: COW breaks)');
  });
  it('lists every tier with why it serves or not', () => {
    const text = doctorText(findings, paint);
    expect(text).toMatch(/^cow fentry +bpf\/cow_fentry\.bt +tried first$/m);
    expect(text).toMatch(/^cow kprobe +bpf\/cow_kprobe\.bt +no: no\? kprobes$/m);
    expect(text).toMatch(/^cow tracepoint .* refuses the ones before; taxes page faults, so it runs in windows$/m);
  });
  it('tells what bpftrace took and what it refused, where that was tried', () => {
    const tiers = [
      { tier: 'fentry', file: 'cow_fentry.bt', taxing: false, state: 'refused', why: 'bpftrace ended with 1' },
      { tier: 'tracepoint', file: 'cow_walk.bt', taxing: true, state: 'works' },
    ] as const;
    const text = doctorText({ ...findings, subjects: [{ name: 'cow', tiers }] }, paint);
    expect(text).toMatch(/^cow fentry +bpf\/cow_fentry\.bt +refused: bpftrace ended with 1$/m);
    expect(text).toMatch(/^cow tracepoint +bpf\/cow_walk\.bt +works; taxes page faults, so it runs in windows$/m);
    expect(text).not.toContain('--try');
  });
  it('names an obstacle for all programs once', () => {
    const why = 'NOT_ROOT: bpftrace needs root';
    const tiers = findings.subjects
      .flatMap((one) => one.tiers)
      .map((tier) => ({ ...tier, state: 'excluded', why }) as const);
    const text = doctorText({ ...findings, subjects: [{ name: 'cow', tiers }] }, paint);
    expect(text).toContain('No BPF program can run, see below.');
    expect(text).not.toContain('needs root');
  });
  it('says so when KSM cannot be used', () =>
    expect(doctorText({ ...findings, ok: false }, paint)).toContain('KSM cannot be used here.'));
});

describe('doctor --program', () => {
  const asked: unknown[] = [];
  const run = (...args: string[]): Promise<CliResult> =>
    runCli(
      (program, io) => {
        registerDoctor(program, io, {
          examineHost: () => Promise.reject(new Error('not asked for')),
          renderedProgram: (name, options) => {
            asked.push([name, options]);
            if (name === 'cow') return Promise.resolve('#!/usr/bin/env bpftrace\n');
            return Promise.reject(
              new KsmpilotError('PROBE_UNSUPPORTED', `there is no program ${name}`, { hint: 'name cow' }),
            );
          },
        });
      },
      ['doctor', ...args],
    );

  it('prints the program and nothing else', async () => {
    expect(await run('--program', 'cow', '--bpftrace', '/opt/bpftrace')).toEqual({
      code: 0,
      out: '#!/usr/bin/env bpftrace\n',
      err: '',
    });
    expect(asked).toEqual([['cow', { bpftracePath: '/opt/bpftrace', root: '/' }]]);
  });

  it('says what there is where a name is unknown', async () => {
    const { code, out, err } = await run('--program', 'cows');
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('PROBE_UNSUPPORTED: there is no program cows\nHint: name cow');
  });
});

it('doctor runs the programs only where asked to', async () => {
  const asked: unknown[] = [];
  const run = (...args: string[]): Promise<CliResult> =>
    runCli(
      (program, io) => {
        registerDoctor(program, io, {
          examineHost: (options) => {
            asked.push(options);
            return Promise.resolve(findings);
          },
          renderedProgram: () => Promise.reject(new Error('not asked for')),
        });
      },
      ['doctor', ...args],
    );
  expect([(await run()).code, (await run('--try')).code]).toEqual([0, 0]);
  expect(asked).toEqual([
    { bpftracePath: 'bpftrace', isTried: false },
    { bpftracePath: 'bpftrace', isTried: true },
  ]);
});
