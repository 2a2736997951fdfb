import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bucketsOf } from '../../../../src/agent/model/lifetime.js';
import type { ProbeEvent, ProbeState } from '../../../../src/agent/model/probe.js';
import { ProbeHub, type ProbeHubOptions } from '../../../../src/agent/probes/hub.js';
import { noProbes } from '../../../../src/agent/probes/no-probes.js';
import { WANTED_TRACEPOINTS } from '../../../../src/agent/probes/tier.js';
import { makeFakeHost, type FakeHost, type FakePlan } from '../../../helpers/fake-host.js';

const QUICK = { backoffMs: 50, backoffMaxMs: 200, checkMs: 50, checksWithoutFrame: 6, startMs: 5_000 };

let host: FakeHost;
let hub: ProbeHub;
let events: ProbeEvent[];
let logged: string[];
let cowKsm = 0;

async function startHub(
  plan: FakePlan,
  options: Partial<ProbeHubOptions> = {},
  tracepoints?: readonly string[],
): Promise<void> {
  host = makeFakeHost(plan, tracepoints);
  cowKsm = 1_000;
  events = [];
  logged = [];
  hub = new ProbeHub({
    ...host,
    exact: true,
    readCowKsm: () => cowKsm,
    estimatePages: () => 0,
    log: (text) => logged.push(text),
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

const COW = { cow: { '7,0': 31, '8,1': 5 }, comm: { 7: 'qemu', 8: 'db' } };

describe('a host that has all', () => {
  it('runs every program in one bpftrace, with its own constants and map size', async () => {
    await startHub({}, { mapKeys: 512 });
    expect(hub.snapshot().states.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'scanner running',
      'cow running',
      'kvm running',
    ]);
    expect(stateOf('cow')?.detail).toMatch(
      /^bpf\/cow_walk\.bt by bpftrace 0\.17\.0, kernel bases from bpf\/calibrate\.bt; no fentry: .*; no kprobe: /,
    );
    expect(stateOf('cow')?.startupMs).toBeGreaterThan(0);
    expect(host.launches()).toHaveLength(1);
    const [{ program, keys } = { program: '', keys: '' }] = host.launches();
    expect(keys).toBe('512');
    expect(program).toContain('#define TOP_SHIFT 48'); // la57
    expect(program).toContain('#define PAGE_OFFSET_BASE 0xff11000000000000');
    expect(program).toContain('#define MERGEABLE ($flags.__mm_flags[0] & 0x10000)');
  });

  it('leaves no file behind', async () => {
    const ours = (): string[] => readdirSync(tmpdir()).filter((name) => /^ksmpilot-[^-]+$/.test(name));
    const before = new Set(ours());
    await startHub({});
    await hub.stop();
    expect(ours().filter((name) => !before.has(name))).toEqual([]);
  });

  it('reads cow_ksm after each frame, so that the two compare', async () => {
    await startHub({ runs: [COW] });
    await until(() => expect(hub.snapshot().cow).toMatchObject({ attributed: 36, cow_ksm: 1_000 }));
    cowKsm = 2_000;
    await until(() => expect(hub.snapshot().cow?.cow_ksm).toBe(2_000));
    expect(hub.snapshot().processes).toContainEqual({
      pid: 7,
      comm: 'qemu',
      merges: 0,
      zeroMerges: 0,
      cowBreaks: 31,
      zeroBreaks: 0,
    });
  });

  it('tells merge lifetimes by process, and of all together', async () => {
    await startHub({ runs: [{ ...COW, lifetime: { '7,3': 5, '0,3': 2 } }] });
    await until(() => expect(hub.lifetimes()?.byPid.size).toBe(2));
    const { byPid, series } = hub.lifetimes() ?? {};
    expect(series).toBe('always 0');
    expect(bucketsOf(byPid?.get(7) ?? [])).toEqual([{ lowerMs: 4, upperMs: 8, count: 5 }]);
    expect(hub.snapshot().cow?.mergeLifetime).toEqual([{ lowerMs: 4, upperMs: 8, count: 7 }]);
  });

  it('passes on what the programs print as lines', async () => {
    const scan = 'scan seq=1 us=20 cpu_us=3 rmap=4 new=5 into=6 zero=7 fail=8 removed=9\\n';
    const noise = [scan, 'enter pid=7 comm=qemu\\n', 'exit pid=7 comm=qemu\\n'].map(
      (text) => `{"type":"printf","data":"${text}"}`,
    );
    await startHub({ runs: [{ noise }] });
    expect(events).toContainEqual({ kind: 'entered', pid: 7, comm: 'qemu' });
    expect(events).toContainEqual({ kind: 'exited', pid: 7, comm: 'qemu' });
    expect(events).toContainEqual({
      kind: 'full-scan',
      scan: expect.objectContaining({ seq: 1, removals: 9 }) as unknown,
    });
    await until(() => expect(hub.snapshot().scanner?.lastScan?.seq).toBe(1));
  });
});

describe('noise', () => {
  it('such as garbage and blank lines is counted and harms nothing', async () => {
    await startHub({ runs: [{ ...COW, noise: ['', 'ERROR: what?', '{"type":', '   '] }] });
    await until(() => expect(hub.snapshot().cow?.attributed).toBe(36));
    expect(hub.snapshot().unparsedLines).toBe(2);
    expect(logged).toEqual(['a line of bpftrace was not understood: ERROR: what?']);
  });

  it('about lost events is counted, from either stream', async () => {
    const noise = ['{"type": "lost_events", "data": {"events": 5}}'];
    await startHub({ runs: [{ noise, stderr: 'Lost 7 events\n' }] });
    await until(() => expect(hub.snapshot().lostEvents).toBe(12));
  });
});

describe('a bpftrace that ends', () => {
  it('is started again; totals go on, and its last frame counts', async () => {
    await startHub({ runs: [{ ...COW, frames: 4, exit: 1 }, { cow: { '7,0': 2 } }] });
    await until(() => expect(hub.snapshot().cow?.attributed).toBe(38));
    expect(statesOf('cow')).toEqual(['starting', 'starting', 'running', 'backoff', 'starting', 'running']);
    expect(stateOf('cow')).toMatchObject({ state: 'running', restarts: 1 });
    const backoff = events.find((event) => event.kind === 'probe-state' && event.probe.state === 'backoff');
    expect(backoff).toMatchObject({
      probe: { detail: 'BPFTRACE_FAILED: bpftrace ended with 1; begins again in 0.05 s' },
    });
  });

  it('again and again is waited for longer each time', async () => {
    await startHub({ runs: [{ frames: 1, exit: 1 }] });
    await until(() => expect(stateOf('cow')?.restarts).toBeGreaterThanOrEqual(3));
    const pauses = events.flatMap((event) =>
      event.kind === 'probe-state' && event.probe.name === 'cow'
        ? (/again in ([\d.]+) s/.exec(event.probe.detail)?.[1] ?? [])
        : [],
    );
    expect(pauses.slice(0, 3)).toEqual(['0.05', '0.1', '0.2']);
  });

  it('when told to hands over its final counts', async () => {
    await startHub({ runs: [COW] });
    await hub.stop();
    expect(hub.snapshot().cow?.attributed).toBe(36);
    expect(hub.snapshot().states.map(({ state }) => state)).toEqual(['off', 'off', 'off']);
  });
});

describe('a stop before the start is through', () => {
  it('starts no bpftrace that nobody would end', async () => {
    host = makeFakeHost({});
    hub = new ProbeHub({ ...host, exact: true, readCowKsm: () => 0, estimatePages: () => 0, timing: QUICK });
    const started = hub.start();
    await hub.stop();
    await started;
    expect(() => host.launches()).toThrow('ENOENT'); // the fake writes down each run
    expect(stateOf('scanner')?.state).toBe('off');
  });
});

describe('a bpftrace that hangs', () => {
  it('is ended and started again', async () => {
    await startHub({ runs: [{ ...COW, frames: 3 }, COW] });
    await until(() => expect(stateOf('cow')).toMatchObject({ state: 'running', restarts: 1 }));
    const backoff = events.find((event) => event.kind === 'probe-state' && event.probe.state === 'backoff');
    expect(backoff).toMatchObject({ probe: { detail: expect.stringContaining('no frame for 0.3 s') as unknown } });
    await until(() => expect(hub.snapshot().cow?.attributed).toBe(72));
  });

  it('and does not obey SIGTERM is killed', async () => {
    await startHub({ runs: [{ frames: 2, deaf: true }, {}] });
    await until(() => expect(stateOf('cow')).toMatchObject({ state: 'running', restarts: 1 }));
  }, 15_000);
});

describe('a program that does not start', () => {
  it('is named with what bpftrace said, and the others run', async () => {
    await startHub({ refuse: 'kvm:kvm_unmap_hva_range', runs: [{}] });
    expect(stateOf('kvm')).toMatchObject({ state: 'failed' });
    expect(stateOf('kvm')?.detail).toMatch(
      /^BPFTRACE_FAILED: bpf\/cow_walk_kvm\.bt by .*: bpftrace ended with 1: .*tracepoint not found: kvm:kvm_unmap_hva_range; scanner, cow run without it$/,
    );
    expect(stateOf('scanner')?.state).toBe('running');
    expect(stateOf('cow')?.state).toBe('running');
    // The two are run together in the end.
    expect(host.launches().at(-1)?.program).toMatch(/tick scanner[\s\S]*tick cow/);
    await until(() => expect(hub.snapshot().cow).toBeDefined());
  });

  it('and is like all the others leaves everything else alone, and is tried again', async () => {
    await startHub({ refuse: 'interval:s:1', runs: [{}] });
    expect(hub.snapshot().states.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed']);
    expect(stateOf('cow')?.detail).toContain('no other probe works either');
    expect(hub.snapshot()).not.toHaveProperty('cow');
    const before = events.length;
    await until(() => expect(events.length).toBeGreaterThan(before));
  });
});

describe('a host that lacks something', () => {
  it('is told so by every probe, and nothing is started', async () => {
    await startHub({ version: '0.16.0' });
    for (const { detail, state } of hub.snapshot().states) {
      expect(state).toBe('unavailable');
      expect(detail).toMatch(/^BPFTRACE_TOO_OLD: .* is 0\.16\.0, older than 0\.17\. Hint: .*Without it: /);
    }
    expect(() => host.launches()).toThrow('ENOENT');
  });

  it('such as bpftrace itself has a cure', async () => {
    await startHub({}, { bpftracePath: '/nonexistent/bpftrace' });
    expect(stateOf('scanner')?.detail).toMatch(/^BPFTRACE_MISSING: .*ENOENT.*apt install bpftrace/);
    expect(hub.snapshot()).not.toHaveProperty('bpftraceVersion');
  });

  it('such as KVM goes without that one, until its tracepoint appears', async () => {
    const tracepoints = WANTED_TRACEPOINTS.filter((name) => !name.startsWith('kvm:'));
    await startHub({ runs: [COW] }, { timing: { ...QUICK, replanMs: 100 } }, tracepoints);
    expect(stateOf('kvm')).toMatchObject({ state: 'unavailable' });
    expect(stateOf('cow')?.state).toBe('running');
    host.addTracepoint('kvm:kvm_unmap_hva_range');
    await until(() => expect(stateOf('kvm')?.state).toBe('running'));
    expect(logged).toContain('the probes begin a new run with empty maps: the kernel now has kvm:kvm_unmap_hva_range');
    expect(statesOf('cow')).not.toContain('backoff');
    await until(() => expect(hub.snapshot().cow?.attributed).toBe(72));
  });
});

describe('maps that fill up', () => {
  it('with processes cause a new run, without a pause', async () => {
    const cow = Object.fromEntries(Array.from({ length: 60 }, (_, pid) => [`${pid},0`, 1]));
    await startHub({ runs: [{ cow }, {}] }, { mapKeys: 64, timing: { ...QUICK, replanMs: 100 } });
    await until(() => expect(stateOf('cow')).toMatchObject({ state: 'running', restarts: 1 }));
    expect(logged[0]).toContain('@cow holds 60 of 64 keys');
    expect(statesOf('cow')).not.toContain('backoff');
    expect(hub.snapshot().cow?.attributed).toBe(60);
  });

  it('with merge times thin these out', async () => {
    await startHub({ runs: [{ timed: { 0: 64, 1: 2 } }, {}] }, { mapKeys: 64, timing: { ...QUICK, replanMs: 100 } });
    await until(() => expect(hub.snapshot().cow?.lifetimeSampledOneIn).toBe(2));
    expect(host.launches().at(-1)?.program).toContain('#define LIFETIME_ONE_IN 2');
  });
});

it('probes that are switched off say why', async () => {
  await startHub({});
  const off = noProbes('switched off by --no-probes');
  await off.start();
  expect(off.snapshot().states.map(({ detail, state }) => `${state}: ${detail}`)).toEqual([
    'off: switched off by --no-probes',
    'off: switched off by --no-probes',
    'off: switched off by --no-probes',
  ]);
  await off.stop();
});
