import { expect, test } from 'vitest';
import type { CowTotals } from '../../../src/agent/model/probe.js';
import { registerStatus } from '../../../src/cli/status.js';
import { testCow, testDecision, testHost, TestAgent, testPoint } from '../../helpers/agent-port.js';
import { memoryIo, runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

const CONTRACT = [
  'mode',
  'saved_bytes',
  'profit_bytes',
  'ksmd_cpu_pct',
  'scan_pages_per_sec',
  'merges_total',
  'cow_breaks_total',
  'cow_breaks_attributed_total',
  'cow_breaks_estimated_total',
  'lost_events_total',
  'cow',
  'merge_lifetime_p50_ms',
  'knobs',
  'baseline',
  'probes',
];

function richAgent(): TestAgent {
  const agent = new TestAgent();
  agent.currentMode = 'auto';
  agent.hostInfo = testHost({
    probes: [
      { name: 'scanner', state: 'running', detail: 'tracepoints', startupMs: 700, restarts: 0 },
      { name: 'cow', state: 'failed', detail: 'kvm is locked down.', restarts: 2 },
    ],
    problems: [{ code: 'PROBE_UNSUPPORTED', what: 'No COW probe.', cure: 'Unlock the kernel.' }],
    rivals: ['ksmtuned'],
  });
  agent.savedBaseline = { bootId: 'b', savedAtMs: 1, knobs: { run: 0, pages_to_scan: 100 }, written: {} };
  agent.recorded = [testDecision(5)];
  agent.addPoint(
    testPoint(
      9,
      { savedBytes: 3 * 2 ** 30, profitBytes: -4096, ksmdCpuPct: 0, mergesTotal: 0, cowBreaksTotal: 12 },
      { ksm: { run: 1, pages_to_scan: 2500, sleep_millisecs: 20 }, probes: { lostEvents: 4 } },
    ),
  );
  return agent;
}

test('--json: every key of the contract; unknown is null, 0 is 0', async () => {
  await using harness = await startHarness({}, richAgent());
  const { code, out, err } = await runCli(registerStatus, ['status', '--json', '--address', harness.address]);
  expect([code, err]).toEqual([0, '']);
  const told = JSON.parse(out) as Record<string, unknown>;
  expect(Object.keys(told)).toEqual(expect.arrayContaining(CONTRACT));
  expect(told).toMatchObject({
    mode: 'auto',
    saved_bytes: 3 * 2 ** 30,
    profit_bytes: -4096,
    ksmd_cpu_pct: 0,
    scan_pages_per_sec: null,
    merges_total: 0,
    cow_breaks_total: 12,
    cow_breaks_attributed_total: null,
    cow_breaks_estimated_total: null,
    cow: null,
    lost_events_total: 4,
    knobs: { run: 1, pages_to_scan: 2500, sleep_millisecs: 20, advisor_mode: null },
    baseline: { run: 0, pages_to_scan: 100, sleep_millisecs: null },
    probes: [
      { name: 'scanner', state: 'running', detail: 'tracepoints' },
      { name: 'cow', state: 'failed', detail: 'kvm is locked down.' },
    ],
  });
});

test('--json before the first sample: all keys, all null', async () => {
  await using harness = await startHarness();
  const { out } = await runCli(registerStatus, ['status', '--json', '--address', harness.address]);
  const told = JSON.parse(out) as Record<string, unknown>;
  expect(Object.keys(told)).toEqual(expect.arrayContaining(CONTRACT));
  expect(told).toMatchObject({ saved_bytes: null, merges_total: null, lost_events_total: null, baseline: null });
  expect(told['knobs']).toMatchObject({ run: null, pages_to_scan: null, sleep_millisecs: null });
});

test('text: figures with units, - for unknown, knobs beside the baseline, what is missing', async () => {
  await using harness = await startHarness({}, richAgent());
  const { code, out } = await runCli(registerStatus, ['status', '--address', harness.address]);
  expect(code).toBe(0);
  expect(out).toMatch(/^hv1 {2}Linux 6\.18\.0 {2}mode auto$/m);
  expect(out).toMatch(/saved +3\.0 GiB; -4\.0 KiB after KSM's own memory$/m);
  expect(out).toMatch(/ksmd +0\.00 % of one core, scanning -/);
  expect(out).toMatch(/^KNOB +NOW +BEFORE KSMPILOT$/m);
  expect(out).toMatch(/^pages_to_scan +2500 +100$/m);
  expect(out).toMatch(/^sleep_millisecs +20 +-$/m);
  expect(out).toContain('Tuner: track: Reason of decision 5.');
  expect(out).toMatch(/^cow +failed +kvm is locked down\.$/m);
  expect(out).toContain('PROBE_UNSUPPORTED: No COW probe.\n  Unlock the kernel.');
  expect(out).toContain('Other tuners on this host: ksmtuned');
  expect(out).not.toContain('\u001b');
});

test('how breaks are counted: in words, and every key in JSON', async () => {
  const agent = new TestAgent();
  const buckets = [{ lowerNs: 2048, upperNs: 4096, count: 7 }];
  const cow: CowTotals = {
    ...testCow(),
    byUser: 7,
    duty: { open: true, windows: 1, costCores: 0.002 },
    serviceTime: { by: 'minor-fault', buckets },
    mergeLifetime: [{ lowerMs: 512, upperMs: 1024, count: 7 }],
  };
  agent.addPoint(
    testPoint(1, { cowBreaksTotal: 90, cowBreaksAttributedTotal: 7, cowBreaksEstimatedTotal: 80 }, { probes: { cow } }),
  );
  await using harness = await startHarness({}, agent);
  const { out } = await runCli(registerStatus, ['status', '--address', harness.address]);
  expect(out).toMatch(/^charged +87 to processes, - to nobody; tracepoint tier, scaled .*\(- counted, window open\)$/m);
  expect(out).toMatch(/^break takes +half below 4\.1 µs, 99 % below 4\.1 µs; 7 timed by minor-fault$/m);
  expect(out).toMatch(/^merges last +half of those that ended, below 1\.0 s$/m);
  expect(out).toMatch(/^counted, by +user 7, kernel 0, guest 0; this tier does not see remote, unmerge, pin$/m);
  const json = await runCli(registerStatus, ['status', '--json', '--address', harness.address]);
  expect(JSON.parse(json.out)).toMatchObject({
    cow_breaks_estimated_total: 80,
    merge_lifetime_p50_ms: 1024,
    cow: {
      tier: 'tracepoint',
      by_user: 7,
      by_remote: null,
      duty: { open: true, windows: 1, coverage: null, cost_cores: 0.002, next_in_sec: null },
      service_time: {
        by: 'minor-fault',
        p50_ns: 4096,
        p99_ns: 4096,
        buckets: [{ lower_ns: 2048, upper_ns: 4096, count: 7 }],
      },
    },
  });
});

test('text: while ksmd stands still, the saving is as it left it', async () => {
  const agent = new TestAgent();
  agent.addPoint(testPoint(1, { savedBytes: 4096, profitBytes: 64 }, { ksm: { run: 0 } }));
  await using harness = await startHarness({}, agent);
  const { out } = await runCli(registerStatus, ['status', '--address', harness.address]);
  expect(out).toMatch(/saved +4\.0 KiB; 64 B after KSM's own memory, as of the last scan/);
});

test('text before the first sample', async () => {
  await using harness = await startHarness();
  const { out } = await runCli(registerStatus, ['status', '--address', harness.address]);
  expect(out).toContain('No sample yet.');
  expect(out).toContain('Knobs: not known.');
});

test('colours on a terminal', async () => {
  await using harness = await startHarness({}, richAgent());
  const io = memoryIo();
  io.stdout.isTTY = true;
  await runCli(registerStatus, ['status', '--address', harness.address], io);
  expect(io.stdout.text).toContain('\u001b[1mauto\u001b[22m');
});

test('no agent: exit 1, code, where and cure on stderr, nothing on stdout', async () => {
  const { code, out, err } = await runCli(registerStatus, ['status', '--json', '--address', '127.0.0.1:1']);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/^ksmpilot: AGENT_UNREACHABLE: no agent answers at 127\.0\.0\.1:1\.\nHint: Start an agent/);
});

test.each([
  [['status', '--nonsense'], 'unknown option'],
  [['status', 'extra'], 'too many arguments'],
  [['status', '--address', 'nowhere'], 'HOST:PORT'],
  [['status', '--address'], 'argument missing'],
  [['statu'], 'unknown command'],
])('wrong usage %j: exit 2', async (args, text) => {
  const { code, out, err } = await runCli(registerStatus, args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(text);
  expect(err).toMatch(/^ksmpilot: /);
});

test('--help: exit 0, on stdout', async () => {
  const { code, out } = await runCli(registerStatus, ['status', '--help']);
  expect(code).toBe(0);
  expect(out).toContain('--agent <host:port>');
});
