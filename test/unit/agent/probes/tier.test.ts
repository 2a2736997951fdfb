import { describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import {
  atLeast,
  hostObstacle,
  pickTier,
  SUBJECTS,
  WANTED_TRACEPOINTS,
  type HostFacts,
  type SubjectName,
} from '../../../../src/agent/probes/tier.js';

const HOST: HostFacts = {
  arch: 'x64',
  root: true,
  bpftrace: { path: 'bpftrace', version: '0.17.0' },
  tracefs: '/sys/kernel/tracing',
  tracepoints: new Set(WANTED_TRACEPOINTS),
  lockdown: 'integrity',
  pagingLevels: 4,
};

function pick(name: SubjectName, change: Partial<HostFacts> = {}): string {
  const subject = SUBJECTS.find((one) => one.name === name);
  if (subject === undefined) throw new Error(name);
  const tier = pickTier(subject, { ...HOST, ...change });
  return tier instanceof KsmpilotError ? tier.toString() : tier.file;
}

const without = (prefix: string): Partial<HostFacts> => ({
  tracepoints: new Set(WANTED_TRACEPOINTS.filter((name) => !name.startsWith(prefix))),
});

describe('a host that has all', () => {
  it('runs every subject', () => {
    expect(hostObstacle(HOST)).toBeUndefined();
    expect(SUBJECTS.map(({ name }) => pick(name))).toEqual(['scanner.bt', 'cow_walk.bt', 'cow_walk_kvm.bt']);
  });

  it('prints kvm after cow, which attribution relies on', () => {
    const names = SUBJECTS.map(({ name }) => name);
    expect(names.indexOf('kvm')).toBeGreaterThan(names.indexOf('cow'));
  });
});

describe('what stands in the way of all programs', () => {
  const missing = new KsmpilotError('BPFTRACE_MISSING', 'bpftrace cannot be run (ENOENT)', { hint: 'apt' });
  it.each<[string, Partial<HostFacts>, string]>([
    ['no bpftrace', { bpftrace: missing }, 'BPFTRACE_MISSING'],
    ['an old bpftrace', { bpftrace: { path: 'bpftrace', version: '0.9.4' } }, 'BPFTRACE_TOO_OLD'],
    ['no root', { root: false }, 'NOT_ROOT'],
    ['a kernel that forbids BPF reads', { lockdown: 'confidentiality' }, 'PROBE_UNSUPPORTED'],
    ['no tracefs', { tracefs: undefined }, 'TRACEFS_MISSING'],
  ])('is %s, with a cure', (_what, change, code) => {
    const obstacle = hostObstacle({ ...HOST, ...change });
    expect(obstacle?.code).toBe(code);
    expect(obstacle?.hint).toBeTruthy();
  });
});

describe('what stands in the way of one', () => {
  it('leaves the others alone', () => {
    expect(pick('kvm', without('kvm:'))).toContain('no tracepoint kvm:kvm_unmap_hva_range');
    expect(pick('cow', without('kvm:'))).toBe('cow_walk.bt');
    expect(pick('scanner', without('ksm:'))).toContain('Linux 6.3');
    expect(pick('cow', without('ksm:'))).toBe('cow_walk.bt');
  });

  it('is another architecture, for what walks page tables', () => {
    expect(pick('cow', { arch: 'arm64' })).toBe(
      'PROBE_UNSUPPORTED: cow_walk.bt walks x86-64 page tables; this is arm64',
    );
    expect(pick('scanner', { arch: 'arm64' })).toBe('scanner.bt');
  });
});

describe('versions', () => {
  it.each([
    ['0.17.0', '0.17', true],
    ['0.16.9', '0.17', false],
    ['0.9.4', '0.17', false],
    ['0.23.2', '0.17', true],
    ['1.0', '0.17', true],
    ['0.17', '0.17.1', false],
  ])('%s is at least %s: %s', (version, oldest, answer) => {
    expect(atLeast(version, oldest)).toBe(answer);
  });
});
