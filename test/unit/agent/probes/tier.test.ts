import { describe, expect, it } from 'vitest';
import { KsmpilotError } from '../../../../src/agent/errors.js';
import {
  atLeast,
  hostObstacle,
  noTier,
  sortTiers,
  SUBJECTS,
  WANTED_SYMBOLS,
  WANTED_TRACEPOINTS,
  type HostFacts,
  type Subject,
  type SubjectName,
} from '../../../../src/agent/probes/tier.js';

/** A stock distribution's kernel of today. */
const HOST: HostFacts = {
  arch: 'x64',
  root: true,
  bpftrace: { path: 'bpftrace', version: '0.17.0' },
  tracefs: '/sys/kernel/tracing',
  tracepoints: new Set(WANTED_TRACEPOINTS),
  btf: true,
  symbols: new Set(WANTED_SYMBOLS),
  renamed: new Map(),
  kprobes: 'on',
  lockdown: 'integrity',
  pagingLevels: 4,
};

function subjectOf(name: SubjectName): Subject {
  const subject = SUBJECTS.find((one) => one.name === name);
  if (subject === undefined) throw new Error(name);
  return subject;
}

/** The files that may serve, best first; or why none can. */
function usable(name: SubjectName, change: Partial<HostFacts> = {}): string {
  const sorted = sortTiers(subjectOf(name), { ...HOST, ...change });
  return sorted.usable.map(({ file }) => file).join(' ') || noTier(sorted.excluded).toString();
}

function whyNot(file: string, change: Partial<HostFacts>): string | undefined {
  const excluded = SUBJECTS.flatMap((subject) => sortTiers(subject, { ...HOST, ...change }).excluded);
  return excluded.find(({ tier }) => tier.file === file)?.error.message;
}

const without = (prefix: string): Partial<HostFacts> => ({
  tracepoints: new Set(WANTED_TRACEPOINTS.filter((name) => !name.startsWith(prefix))),
});
const withoutSymbol = (missing: string): Partial<HostFacts> => ({
  symbols: new Set(WANTED_SYMBOLS.filter((name) => name !== missing)),
});

describe('a host that has all', () => {
  it('can run every tier, best first', () => {
    expect(hostObstacle(HOST)).toBeUndefined();
    expect(SUBJECTS.map(({ name }) => usable(name))).toEqual([
      'scanner.bt scanner_kprobe.bt',
      'cow_fentry.bt cow_kprobe.bt cow_walk.bt',
      'cow_walk_kvm.bt',
    ]);
  });

  it('prints kvm after cow, which attribution relies on', () => {
    const names = SUBJECTS.map(({ name }) => name);
    expect(names.indexOf('kvm')).toBeGreaterThan(names.indexOf('cow'));
  });

  it('is taxed at page faults only by the last tier of cow, and by kvm beside it', () => {
    const taxing = SUBJECTS.flatMap(({ tiers }) => tiers.filter((tier) => tier.taxing));
    expect(taxing.map(({ file }) => file)).toEqual(['cow_walk.bt', 'cow_walk_kvm.bt']);
    expect(subjectOf('kvm').beside).toBe('cow');
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
    ['a kernel without BTF', { btf: false }, 'PROBE_UNSUPPORTED'],
  ])('is %s, with a cure', (_what, change, code) => {
    const obstacle = hostObstacle({ ...HOST, ...change });
    expect(obstacle?.code).toBe(code);
    expect(obstacle?.hint).toBeTruthy();
  });
});

describe('what stands in the way of one', () => {
  it('leaves the others alone', () => {
    expect(usable('kvm', without('kvm:'))).toContain('no tracepoint kvm:kvm_unmap_hva_range');
    expect(usable('cow', without('kvm:'))).toContain('cow_walk.bt');
    expect(usable('scanner', without('ksm:'))).toBe('scanner_kprobe.bt');
    expect(usable('cow', without('ksm:'))).toContain('cow_walk.bt');
  });

  it('is a kernel without kprobes: then tracepoints serve', () => {
    expect(usable('cow', { kprobes: 'absent' })).toBe('cow_fentry.bt cow_walk.bt');
    expect(usable('scanner', { kprobes: 'absent' })).toBe('scanner.bt');
    expect(whyNot('cow_kprobe.bt', { kprobes: 'absent' })).toBe('this kernel has no kprobes');
  });

  it('is kprobes that are switched off: they would attach and count nothing', () => {
    expect(usable('cow', { kprobes: 'disarmed' })).toBe('cow_fentry.bt cow_walk.bt');
    expect(whyNot('cow_kprobe.bt', { kprobes: 'disarmed' })).toContain('never fire');
  });

  it('is a function that the compiler inlined or renamed', () => {
    expect(usable('cow', withoutSymbol('do_wp_page'))).toBe('cow_walk.bt');
    const renamed = new Map([['do_wp_page', 'do_wp_page.isra.0']]);
    expect(whyNot('cow_fentry.bt', { ...withoutSymbol('do_wp_page'), renamed })).toBe(
      'not in /proc/kallsyms, inlined or absent: do_wp_page (only do_wp_page.isra.0, whose arguments may differ)',
    );
  });

  it('is a kernel that does not list its variables, for the scanner by kprobes', () => {
    const change = { ...without('ksm:'), ...withoutSymbol('ksm_scan') };
    expect(usable('scanner', change)).toMatch(
      /^PROBE_UNSUPPORTED: no tracepoint: this kernel has no tracepoint ksm:.*; no kprobe: not in .*ksm_scan\. Hint: run Linux 6\.3/,
    );
  });

  it('is another architecture, for what looks at struct pages', () => {
    expect(usable('cow', { arch: 'arm64' })).toBe(
      'PROBE_UNSUPPORTED: ' +
        'no fentry: cow_fentry.bt reads page-table entries of x86-64; this is arm64; ' +
        'no kprobe: cow_kprobe.bt reads page-table entries of x86-64; this is arm64; ' +
        'no tracepoint: cow_walk.bt reads page-table entries of x86-64; this is arm64',
    );
    expect(usable('scanner', { arch: 'arm64' })).toBe('scanner.bt scanner_kprobe.bt');
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
