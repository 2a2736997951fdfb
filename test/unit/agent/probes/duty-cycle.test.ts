import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bucketsOf } from '../../../../src/agent/model/lifetime.js';
import type { ProbeEvent, ProbeState } from '../../../../src/agent/model/probe.js';
import { ProbeHub, type ProbeHubOptions } from '../../../../src/agent/probes/hub.js';
import { type FakeHost, type FakePlan, makeFakeHost } from '../../../helpers/fake-host.js';

const QUICK = { backoffMs: 50, backoffMaxMs: 200, checkMs: 50, checksWithoutFrame: 6, startMs: 5_000, tickMs: 50 };
/** Windows of 0.3 s, 0.2 s apart, whatever they cost. */
const OFTEN = {
  budgetCores: 100,
  cap: 1e6,
  credit: 1e6,
  lengthMinSec: 0.3,
  lengthMaxSec: 0.3,
  lengthEverSec: 0.3,
  restSec: 0.2,
};

let host: FakeHost;
let hub: ProbeHub;
let events: ProbeEvent[];
/** `cow_ksm` grows by this many a second. */
let breaksPerSec: number;

async function startHub(plan: FakePlan, options: Partial<ProbeHubOptions> = {}): Promise<void> {
  host = makeFakeHost(plan);
  events = [];
  breaksPerSec = 1_000;
  const began = performance.now();
  hub = new ProbeHub({
    ...host,
    readCowKsm: () => Math.floor(((performance.now() - began) / 1_000) * breaksPerSec),
    readPageFaults: () => 0,
    estimatePages: () => 0,
    dutyLimits: OFTEN,
    timing: QUICK,
    ...options,
  });
  hub.onEvent((event) => events.push(event));
  await hub.start();
}

afterEach(async () => {
  await hub.stop();
  host.remove();
});

const stateOf = (name: string): ProbeState | undefined => hub.snapshot().states.find((probe) => probe.name === name);
const statesOf = (name: string): string[] =>
  events.flatMap((event) => (event.kind === 'probe-state' && event.probe.name === name ? [event.probe.state] : []));
const until = async (condition: () => void): Promise<void> => vi.waitFor(condition, { timeout: 8_000, interval: 10 });
const programs = (): string[][] =>
  host
    .launches()
    .map(({ program }) => [...new Set([...program.matchAll(/"tick (\w+)/g)].map((match) => match[1] ?? ''))]);

const COW = { cow: { '7,0': 31, '8,1': 5 }, comm: { 7: 'qemu', 8: 'db' } };

describe('programs that tax page faults', () => {
  it('run in windows, in a second bpftrace, and the others always in the first', async () => {
    await startHub({ runs: [{}, COW] });
    expect(hub.snapshot().states.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'scanner running',
      'cow running',
      'kvm running',
    ]);
    expect(stateOf('cow')?.detail).toMatch(
      /^bpf\/cow_walk\.bt .*; in windows, scaled to the exact total between them$/,
    );
    await until(() => expect(hub.snapshot().cow?.duty?.windows).toBeGreaterThanOrEqual(3));
    expect(programs().slice(0, 4)).toEqual([['scanner'], ['cow', 'kvm'], ['cow', 'service', 'kvm'], ['cow', 'kvm']]);
    const [, window] = host.launches();
    expect(window?.program).toContain('#define NOTE_BREAKS 1');
    expect(window?.program).toContain('interval:ms:500');
    expect(host.launches()[0]?.program).toContain('interval:s:1\n');
    // Each window is no news.
    expect(statesOf('cow')).toEqual(['starting', 'starting', 'running']);
  });

  it('run with the others where exactness is asked for', async () => {
    await startHub({ runs: [COW] }, { exact: true });
    await until(() => expect(hub.snapshot().cow?.attributed).toBe(36));
    expect(programs()).toEqual([['scanner', 'cow', 'kvm']]);
    expect(host.launches()[0]?.program).toContain('#define NOTE_BREAKS 0');
    expect(hub.snapshot().cow).not.toHaveProperty('duty');
    expect(hub.snapshot().cow).not.toHaveProperty('estimated');
    expect(hub.snapshot().processes[0]).not.toHaveProperty('cowBreaksSeen');
  });

  it('count as before; what is estimated stands apart', async () => {
    const own = process.pid;
    const window = { perFrame: { cow: { [`${own},0`]: 3 } }, comm: { [own]: 'qemu' } };
    await startHub({ runs: [{ merge: { [`${own},0`]: 100 } }, window] });
    await until(() => expect(hub.snapshot().cow?.estimated).toBeGreaterThan(50));
    const { cow, processes } = hub.snapshot();
    const attributed = cow?.attributed ?? NaN;
    expect(attributed % 3).toBe(0);
    expect(cow).toMatchObject({ tier: 'tracepoint', byUser: attributed });
    expect(cow?.duty?.coverage).toBeGreaterThan(0);
    expect(cow?.duty?.costCores).toBeGreaterThan(0);
    expect(processes).toEqual([
      {
        pid: own,
        comm: 'qemu',
        merges: 100,
        zeroMerges: 0,
        cowBreaks: attributed + (cow?.estimated ?? NaN),
        cowBreaksSeen: attributed,
        zeroBreaks: 0,
      },
    ]);
  });

  it('charge nothing more to a process that has ended', async () => {
    const child = spawn('sleep', ['60']);
    const ended = once(child, 'exit');
    const pid = child.pid ?? NaN;
    await startHub(
      { runs: [{}, { perFrame: { cow: { [`${pid},0`]: 3 } } }] },
      { dutyLimits: { ...OFTEN, restSec: 1.5 } },
    );
    const estimated = (): number => hub.snapshot().cow?.estimated ?? NaN;
    await until(() => expect(estimated()).toBeGreaterThan(0));
    child.kill('SIGKILL');
    await ended;
    const open = (): boolean => hub.snapshot().cow?.duty?.open === true;
    await until(() => expect(open()).toBe(false));
    await new Promise((resolve) => setTimeout(resolve, 2 * QUICK.tickMs + 50));
    const before = estimated();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(open()).toBe(false);
    expect(estimated()).toBe(before);
  });
});

describe('a stop', () => {
  it('closes an open window with its final counts, and no other opens', async () => {
    await startHub({ runs: [{}, COW] }, { dutyLimits: { ...OFTEN, lengthMaxSec: 60, lengthEverSec: 60 } });
    expect(hub.snapshot().cow?.duty?.open).toBe(true);
    await hub.stop();
    const launches = host.launches().length;
    expect(hub.snapshot().cow).toMatchObject({ attributed: 36, duty: { open: false } });
    expect(hub.snapshot().states.map(({ state }) => state)).toEqual(['off', 'off', 'off']);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(host.launches()).toHaveLength(launches);
  });

  it('while a window starts ends that too', async () => {
    host = makeFakeHost({ runs: [{}, { frames: 0 }] });
    const began = performance.now();
    hub = new ProbeHub({
      ...host,
      readCowKsm: () => performance.now() - began,
      readPageFaults: () => 0,
      estimatePages: () => 0,
      dutyLimits: OFTEN,
      timing: QUICK,
    });
    const started = hub.start();
    await until(() => expect(host.launches()).toHaveLength(2));
    await hub.stop();
    await started;
    expect(hub.snapshot()).not.toHaveProperty('cow');
    expect(stateOf('cow')?.state).toBe('off');
  });
});

describe('a window whose bpftrace', () => {
  it('is killed mid-stream keeps what it told; the next one waits, and says so', async () => {
    const half = '{"type": "map", "data": {"@cow": {"7,0": 4';
    await startHub({ runs: [{}, { ...COW, noise: [half], frames: 4, exit: 137 }, COW] });
    await until(() => expect(stateOf('cow')?.state).toBe('backoff'));
    expect(stateOf('cow')?.detail).toBe(
      'BPFTRACE_FAILED: bpftrace ended with 137; no window for 30 s, figures are estimates until then',
    );
    expect(hub.snapshot()).toMatchObject({ unparsedLines: 1, cow: { attributed: 36, duty: { open: false } } });
    expect(hub.snapshot().cow?.duty?.nextInSec).toBeGreaterThan(25);
    expect(stateOf('scanner')?.state).toBe('running');
  });

  it('hangs is ended likewise', async () => {
    await startHub(
      { runs: [{}, { ...COW, frames: 2 }] },
      { dutyLimits: { ...OFTEN, lengthMaxSec: 60, lengthEverSec: 60 } },
    );
    await until(() => expect(stateOf('cow')?.state).toBe('backoff'));
    expect(stateOf('cow')?.detail).toContain('no frame for 0.3 s');
  });

  it('refuses one program runs the other', async () => {
    await startHub({ runs: [{}], refuse: 'kvm:kvm_unmap_hva_range' });
    expect(stateOf('kvm')).toMatchObject({ state: 'failed' });
    expect(stateOf('kvm')?.detail).toContain('tracepoint not found: kvm:kvm_unmap_hva_range; cow run without it');
    expect(stateOf('cow')?.state).toBe('running');
  });

  it('counts more than the kernel does is not believed', async () => {
    await startHub(
      { runs: [{}, { perFrame: { cow: { '7,0': 5_000 } } }] },
      { dutyLimits: { ...OFTEN, lengthMaxSec: 60 } },
    );
    await until(() => expect(stateOf('cow')?.state).toBe('failed'));
    expect(stateOf('cow')?.detail).toMatch(
      /it counted \d+ COW breaks where the kernel counted \d+, so it is not believed/,
    );
    expect(stateOf('scanner')?.state).toBe('running');
  });

  it('refuses all of them leaves the scanner alone, and is tried in a later window', async () => {
    await startHub({ runs: [{}], refuse: '#define NOTE_BREAKS 1' });
    expect(stateOf('cow')?.state).toBe('failed');
    expect(stateOf('cow')?.detail).toMatch(/tries again in a later window$/);
    expect(stateOf('scanner')?.state).toBe('running');
    expect(hub.snapshot()).not.toHaveProperty('cow');
  });

  it('refuses the timing program goes on without it', async () => {
    await startHub({ runs: [{}, COW], refuse: 'software:minor-faults' });
    await until(() => expect(hub.snapshot().cow?.duty?.windows).toBeGreaterThanOrEqual(3));
    expect(statesOf('cow')).not.toContain('failed');
    expect(statesOf('cow')).not.toContain('backoff');
  });
});

describe('merge lifetimes', () => {
  it('come of merges that one bpftrace saw and breaks that the other saw', async () => {
    const born = { '18446613,34359738': 1e9, '18446613,34359739': 3e9, '18446613,34359740': 1 };
    const broke = { '18446613,34359738,7': 1e9 + 5e6, '18446613,34359739,7': 2e9, '18446613,999,7': 2e9 };
    await startHub({ runs: [{ asked: { born } }, { ...COW, broke }] });
    await until(() => expect(hub.snapshot().cow?.mergeLifetime).not.toEqual([]));
    const [bucket, ...others] = hub.snapshot().cow?.mergeLifetime ?? [];
    expect(bucket).toMatchObject({ lowerMs: 4, upperMs: 8 });
    expect(others).toEqual([]);
    const { byPid, series } = hub.lifetimes() ?? {};
    expect(series).toMatch(/^windows /);
    expect([...(byPid?.keys() ?? [])]).toEqual([7]);
    expect(bucketsOf(byPid?.get(7) ?? [])).toEqual(hub.snapshot().cow?.mergeLifetime);
  });
});

describe('service times', () => {
  it('are those of the windows that timed breaks', async () => {
    await startHub({ runs: [{}, COW, { ...COW, service_ns: [{ min: 1_024, max: 2_047, count: 11 }] }, COW] });
    await until(() =>
      expect(hub.snapshot().cow?.serviceTime).toEqual({
        by: 'minor-fault',
        buckets: [{ lowerNs: 1_024, upperNs: 2_048, count: 11 }],
      }),
    );
  });
});
