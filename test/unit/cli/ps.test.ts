import { expect, test } from 'vitest';
import { registerPs } from '../../../src/cli/ps.js';
import { testCow, testHost, TestAgent, testPoint, testRow } from '../../helpers/agent-port.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

function agentWithProcesses(): TestAgent {
  const agent = new TestAgent();
  agent.hostInfo = testHost({
    probes: [{ name: 'cow', state: 'unavailable', detail: 'bpftrace is not on PATH.', restarts: 0 }],
  });
  agent.addPoint(
    testPoint(0, {
      processes: [
        testRow({ pid: 30, comm: 'evil\u001b[2J', rmapItems: 5, profitBytes: -320 }),
        testRow({ pid: 10, comm: 'demo-web-1', savedBytes: 4096, mergingPages: 1, mergesTotal: 0, cowBreaksTotal: 9 }),
        testRow({
          pid: 20,
          comm: 'demo-db',
          savedBytes: 2 ** 30,
          mergingPages: 262_144,
          cowBreaksTotal: 1,
          ended: true,
        }),
      ],
    }),
  );
  return agent;
}

test('--json: every key of the contract, largest saving first', async () => {
  await using harness = await startHarness({}, agentWithProcesses());
  const { code, out, err } = await runCli(registerPs, ['ps', '--json', '--address', harness.address]);
  expect([code, err]).toEqual([0, '']);
  const told = JSON.parse(out) as Record<string, unknown>[];
  expect(told.map(({ pid }) => pid)).toEqual([20, 10, 30]);
  const keys = ['pid', 'comm', 'saved_bytes', 'merging_pages', 'rmap_items', 'profit_bytes', 'merges_total'];
  for (const row of told) {
    expect(Object.keys(row)).toEqual(
      expect.arrayContaining([...keys, 'cow_breaks_total', 'cow_breaks_seen', 'zero_breaks_total', 'ended']),
    );
  }
  expect(told[0]).toMatchObject({ comm: 'demo-db', saved_bytes: 2 ** 30, ended: true, merges_total: null });
  expect(told[1]).toMatchObject({ merges_total: 0, rmap_items: null, ended: false });
  expect(told[2]).toMatchObject({ saved_bytes: null, profit_bytes: -320, comm: 'evil\u001b[2J' });
});

test('text: aligned, unknown is -, names cannot drive the terminal, notes go to stderr', async () => {
  await using harness = await startHarness({}, agentWithProcesses());
  const { out, err } = await runCli(registerPs, ['ps', '--address', harness.address, '--sort', 'breaks']);
  expect(out.trimEnd().split('\n')).toEqual([
    'PID  COMM          SAVED  MERGING  RMAP  PROFIT  MERGES  BREAKS  ZERO-BREAKS',
    ' 10  demo-web-1  4.0 KiB        1     -       -       0       9            -',
    ' 20  demo-db     1.0 GiB  262,144     -       -       -       1            -  ended',
    ' 30  evil?[2J          -        -     5  -320 B       -       -            -',
  ]);
  expect(err).toBe('Note: probe cow is unavailable: bpftrace is not on PATH.\n');
});

test('estimates carry a ~, the note says how much was counted, --json has both figures', async () => {
  const agent = new TestAgent();
  const processes = [
    testRow({ pid: 7, comm: 'kvm', cowBreaksTotal: 1_234, cowBreaksSeen: 99 }),
    testRow({ pid: 8, comm: 'kvm', cowBreaksTotal: 3, cowBreaksSeen: 3 }),
  ];
  const duty = { open: false, windows: 2, coverage: 0.08, costCores: 0.004 };
  agent.addPoint(testPoint(0, { processes }, { probes: { cow: { ...testCow(), duty } } }));
  await using harness = await startHarness({}, agent);
  const text = await runCli(registerPs, ['ps', '--address', harness.address, '--sort', 'breaks']);
  expect(text.out).toMatch(/^ +7 .* ~1,234 /m);
  expect(text.out).toMatch(/^ +8 .* 3 /m);
  expect(text.err).toBe('Note: ~ is scaled to the exact total; 8.0 % of the breaks were counted one by one.\n');
  const json = await runCli(registerPs, ['ps', '--json', '--address', harness.address, '--sort', 'breaks']);
  expect(JSON.parse(json.out)).toMatchObject([
    { pid: 7, cow_breaks_total: 1_234, cow_breaks_seen: 99 },
    { pid: 8, cow_breaks_total: 3, cow_breaks_seen: 3 },
  ]);
});

test('nobody has offered memory', async () => {
  await using harness = await startHarness();
  const text = await runCli(registerPs, ['ps', '--address', harness.address]);
  expect(text.code).toBe(0);
  expect(text.out).toMatch(/^PID .*\n$/);
  expect(text.err).toContain('No process on this host has offered memory to KSM.');
  const json = await runCli(registerPs, ['ps', '--json', '--address', harness.address]);
  expect(JSON.parse(json.out)).toEqual([]);
});

test('nobody is known to have offered memory where processes cannot be read', async () => {
  const agent = new TestAgent();
  const what = '73 processes could not be read in full.';
  agent.hostInfo = testHost({ problems: [{ code: 'KSM_FILE_UNREADABLE', what, cure: 'Run as root.' }] });
  await using harness = await startHarness({}, agent);
  const { err } = await runCli(registerPs, ['ps', '--address', harness.address]);
  expect(err).toContain(`Note: ${what}\n`);
  expect(err).not.toContain('No process');
});

test('an unknown sort key is wrong usage', async () => {
  const { code, err } = await runCli(registerPs, ['ps', '--sort', 'colour']);
  expect(code).toBe(2);
  expect(err).toContain('saved, profit, merges, breaks');
});
