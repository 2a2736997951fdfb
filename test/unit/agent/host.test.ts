import { describe, expect, it } from 'vitest';
import { findProbeProblems, findProblems, type HostView } from '../../../src/agent/host.js';
import type { ProbeState } from '../../../src/agent/model/probe.js';

const fine: HostView = {
  facts: { ksmPresent: true, root: true, pageSize: 4096 },
  ksm: { run: 1, pages_sharing: 3, advisor_mode: 'none' },
  autoSteers: false,
  rivals: [],
  sources: [{ name: 'ksm', state: 'ok', durationMs: 1 }],
};
const codes = (view: Partial<HostView>): string[] => findProblems({ ...fine, ...view }).map(({ code }) => code);

describe('findProblems', () => {
  it('finds none on a host that has everything', () => expect(codes({})).toEqual([]));
  it('names an absent KSM', () =>
    expect(codes({ facts: { ...fine.facts, ksmPresent: false } })).toEqual(['KSM_ABSENT']));
  it('names missing root', () => expect(codes({ facts: { ...fine.facts, root: false } })).toEqual(['NOT_ROOT']));
  it('names the advisor', () => expect(codes({ ksm: { run: 1, advisor_mode: 'scan-time' } })).toEqual(['RIVAL_ALIVE']));
  it('names rivals with their pid', () =>
    expect(findProblems({ ...fine, rivals: [{ name: 'ksmtuned', pid: 7 }] })[0]?.what).toContain('ksmtuned (pid 7)'));
  it('says that nothing merges while KSM is stopped, and that its counters stand still', () => {
    expect(findProblems({ ...fine, ksm: { run: 0, pages_sharing: 5 } })[0]?.what).toContain('counters stand still');
    expect(findProblems({ ...fine, ksm: { run: 0, pages_sharing: 0 } })[0]?.what).not.toContain('counters');
  });
  it('does not call it a fault that auto mode has stopped ksmd', () =>
    expect(codes({ ksm: { run: 0, pages_sharing: 5 }, autoSteers: true })).toEqual([]));
  it('advises use_zero_pages: what would change, and what it needs', () => {
    const counters = { stable_node_chains: 1, stable_node_dups: 320, max_page_sharing: 256 };
    const ksm = { run: 1, ksm_zero_pages: 0, pages_shared: 400, pages_sharing: 90_000, use_zero_pages: 0, ...counters };
    const [advice] = findProblems({ ...fine, ksm });
    expect(advice).toMatchObject({
      code: 'ZERO_PAGES_ADVISED',
      what: expect.stringMatching(
        /^One content makes up as much as 91 % of what is merged .*zeros save 6\.3 MiB more.* 23 ms of CPU/,
      ) as string,
      cure: expect.stringContaining('`echo 1 > /sys/kernel/mm/ksm/use_zero_pages`') as string,
    });
    expect(codes({ ksm: { ...ksm, use_zero_pages: 1 } })).toEqual([]);
  });
  it('takes code and cure of a failed source from its detail', () => {
    const detail = 'KSM_FILE_MALFORMED: /proc/vmstat holds "x". Hint: report it.';
    expect(findProblems({ ...fine, sources: [{ name: 'vmstat', state: 'failed', detail, durationMs: 0 }] })).toEqual([
      { code: 'KSM_FILE_MALFORMED', what: '/proc/vmstat holds "x".', cure: 'report it.' },
    ]);
  });
  it('does not call a feature that the kernel lacks a problem', () =>
    expect(codes({ sources: [{ name: 'psi_cpu', state: 'unavailable', durationMs: 0 }] })).toEqual([]));
});

describe('findProbeProblems', () => {
  const probe = (name: string, state: ProbeState['state'], detail: string): ProbeState => ({
    name,
    state,
    detail,
    restarts: 0,
  });

  it('tells one cause once, however many programs it stops', () => {
    const detail = 'TRACEFS_MISSING: tracefs is not mounted. Hint: mount it';
    expect(findProbeProblems([probe('scanner', 'unavailable', detail), probe('cow', 'unavailable', detail)])).toEqual([
      { code: 'TRACEFS_MISSING', what: 'tracefs is not mounted.', cure: 'mount it' },
    ]);
  });
  it('leaves missing root to the problems of the host', () =>
    expect(findProbeProblems([probe('cow', 'unavailable', 'NOT_ROOT: bpftrace needs root')])).toEqual([]));
  it('does not miss virtual machines where there are none', () =>
    expect(findProbeProblems([probe('kvm', 'unavailable', 'PROBE_UNSUPPORTED: no tracepoint')])).toEqual([]));
  it('has none for probes that run', () => expect(findProbeProblems([probe('cow', 'running', '')])).toEqual([]));
  it('does not take any word before a colon for a code', () =>
    expect(findProbeProblems([probe('cow', 'failed', 'ODD: thing')])[0]?.code).toBe('PROBE_UNSUPPORTED'));
});
