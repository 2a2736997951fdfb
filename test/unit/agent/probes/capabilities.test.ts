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
        what: expect.stringContaining('no tracepoint ksm:ksm_start_scan') as string,
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
  });
});
