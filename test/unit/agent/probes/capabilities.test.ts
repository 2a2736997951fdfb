import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { probeCapabilities } from '../../../../src/agent/probes/capabilities.js';
import { WANTED_TRACEPOINTS } from '../../../../src/agent/probes/tier.js';
import { makeFakeHost, type FakeHost } from '../../../helpers/fake-host.js';

let host: FakeHost | undefined;
afterEach(() => host?.remove());

describe('what the probes could do', () => {
  it('on a host that has all is told without starting any', async () => {
    host = makeFakeHost();
    const told = await probeCapabilities(host);
    expect(told).toMatchObject({ bpftraceVersion: '0.17.0', problems: [] });
    expect(told.probes.map(({ name, state }) => `${name} ${state}`)).toEqual(['scanner off', 'cow off', 'kvm off']);
    expect(told.tracefs).toContain('sys/kernel/tracing');
    expect(Object.values(told.tracepoints).every(Boolean)).toBe(true);
    expect(() => host?.launches()).toThrow('ENOENT');
  });

  it('without KVM is no problem, but said', async () => {
    host = makeFakeHost(
      {},
      WANTED_TRACEPOINTS.filter((name) => !name.startsWith('kvm:')),
    );
    const told = await probeCapabilities(host);
    expect(told.problems).toEqual([]);
    expect(told.tracepoints['kvm:kvm_unmap_hva_range']).toBe(false);
    expect(told.probes[2]).toMatchObject({ name: 'kvm', state: 'unavailable' });
  });

  it('without KSM tracepoints is a problem with a cure', async () => {
    host = makeFakeHost(
      {},
      WANTED_TRACEPOINTS.filter((name) => !name.startsWith('ksm:')),
    );
    const { problems } = await probeCapabilities(host);
    expect(problems).toEqual([
      {
        code: 'PROBE_UNSUPPORTED',
        what: expect.stringMatching(
          /no tracepoint ksm:ksm_start_scan.*; no kprobe: this kernel has no kprobes/,
        ) as string,
        cure: 'run Linux 6.3 or newer, built with CONFIG_KSM',
      },
    ]);
  });

  it('without bpftrace is one problem, not one for each probe', async () => {
    host = makeFakeHost();
    const told = await probeCapabilities({ root: host.root, bpftracePath: '/nonexistent/bpftrace' });
    expect(told.problems).toMatchObject([{ code: 'BPFTRACE_MISSING' }]);
    expect(told.probes.map(({ state }) => state)).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(told).not.toHaveProperty('bpftraceVersion');
    expect(told.subjects.flatMap(({ tiers }) => tiers.map(({ state }) => state))).toEqual(Array(6).fill('excluded'));
  });
});

describe('the tiers of each subject', () => {
  it('are told best first: what is tried first, what is spare, and why the others cannot work', async () => {
    host = makeFakeHost();
    writeFileSync(join(host.root, 'proc/kallsyms'), 'ffffffff815e4f50 t do_wp_page\n');
    const { subjects } = await probeCapabilities(host);
    expect(subjects.map(({ name }) => name)).toEqual(['scanner', 'cow', 'kvm']);
    expect(subjects[1]?.tiers).toEqual([
      { tier: 'fentry', file: 'cow_fentry.bt', taxing: false, state: 'first' },
      {
        tier: 'kprobe',
        file: 'cow_kprobe.bt',
        taxing: false,
        state: 'excluded',
        why: 'PROBE_UNSUPPORTED: this kernel has no kprobes. Hint: run a kernel with CONFIG_KPROBE_EVENTS',
      },
      { tier: 'tracepoint', file: 'cow_walk.bt', taxing: true, state: 'spare' },
    ]);
  });

  it('are known for sure when they were tried', async () => {
    host = makeFakeHost({ refuse: 'kfunc:do_wp_page' });
    writeFileSync(join(host.root, 'proc/kallsyms'), 'ffffffff815e4f50 t do_wp_page\n');
    const { probes, subjects } = await probeCapabilities({ ...host, isTried: true });
    expect(subjects.map(({ tiers }) => tiers.map(({ state }) => state).join(' '))).toEqual([
      'works excluded',
      'refused excluded works',
      'works',
    ]);
    expect(subjects[1]?.tiers[0]?.why).toMatch(/^bpftrace ended with 1: .*tracepoint not found: kfunc:do_wp_page$/);
    expect(probes[1]?.detail).toMatch(/^bpf\/cow_walk\.bt: /);
  });
});
