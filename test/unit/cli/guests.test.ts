import { expect, test } from 'vitest';
import { registerGuests } from '../../../src/cli/guests.js';
import { testCow, testGuest, testGuests, testHost, TestAgent, testPoint } from '../../helpers/agent-port.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

const GIB = 2 ** 30;
const FIELDS =
  'name kind id pids mergeable_bytes saved_bytes zero_bytes worth_per_hour merges_total cow_breaks_total ' +
  'merge_lifetime_p50_s merge';

function agentWithGuests(): TestAgent {
  const agent = new TestAgent();
  const web = { kind: 'libvirt', name: 'web-2', pids: [20, 21] } as const;
  const db = { kind: 'proxmox', name: 'evil\u001b[2J', pids: [30] } as const;
  agent.guestTable = testGuests(
    [
      testGuest({
        ...{ kind: 'cloud-hypervisor', name: 'a machine with quite a long name, as some have', pids: [10] },
        ...{ savedBytes: 12 * GIB, worthCores: 1.5, merge: 'on', mergesTotal: 1_234_567, cowBreaksTotal: 999_950 },
      }),
      testGuest({ ...web, savedBytes: GIB, worthCores: -0.0125, merge: 'mixed', mergesTotal: 0, cowBreaksTotal: 9 }),
      testGuest({ ...db, merge: 'off', mergeableBytes: 0, doubts: ['Its cgroup is that of another.'] }),
    ],
    { savedBytes: 4096, worthCores: 0 },
  );
  agent.addPoint(testPoint(0));
  return agent;
}

test('--json: every key of the contract, and a rest so that the column sums to the host', async () => {
  await using harness = await startHarness({}, agentWithGuests());
  const { code, out, err } = await runCli(registerGuests, ['guests', '--json', '--address', harness.address]);
  expect([code, err]).toEqual([0, '']);
  const told = JSON.parse(out) as Record<string, unknown>[];
  for (const row of told) expect(Object.keys(row)).toEqual(expect.arrayContaining(FIELDS.split(' ')));
  expect(new Set(told.map((row) => Object.keys(row).join())).size).toBe(1);
  expect(told.map(({ kind }) => kind)).toEqual(['cloud-hypervisor', 'libvirt', 'proxmox', 'rest']);
  expect(told[1]).toMatchObject({ name: 'web-2', pids: [20, 21], worth_per_hour: -0.0125, merge_lifetime_p50_s: null });
  expect(told[2]).toMatchObject({ name: 'evil\u001b[2J', saved_bytes: null, mergeable_bytes: 0, merge: 'off' });
  expect(told[3]).toMatchObject({ name: 'rest', id: null, pids: [], saved_bytes: 4096, merges_total: null });
  expect(told.reduce((sum, row) => sum + Number(row['saved_bytes']), 0)).toBe(13 * GIB + 4096);
});

test('text: at most 80 columns, unknown is -, names cannot drive the terminal, doubts go to stderr', async () => {
  await using harness = await startHarness({}, agentWithGuests());
  const { out, err } = await runCli(registerGuests, ['guests', '--address', harness.address]);
  const lines = out.trimEnd().split('\n');
  expect(lines).toEqual([
    'NAME                   KIND              MERGE     SAVED   WORTH  MERGES  BREAKS',
    'a machine with quite…  cloud-hypervisor  on     12.0 GiB  +1.500    1.2M    1.0M',
    'web-2                  libvirt           mixed   1.0 GiB  -0.013       0       9',
    'evil?[2J               proxmox           off           -       -       -       -',
    '(rest)                                           4.0 KiB   0.000',
  ]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(err).toBe('Note: evil?[2J (pid 30): Its cgroup is that of another.\n');
});

test.each([
  ['saved', ['vm-10', 'vm-2', 'db', 'none']],
  ['worth', ['db', 'vm-2', 'vm-10', 'none']],
  ['mergeable', ['vm-2', 'db', 'none', 'vm-10']],
  ['merges', ['db', 'vm-2', 'vm-10', 'none']],
  ['breaks', ['vm-10', 'db', 'none', 'vm-2']],
  ['name', ['db', 'none', 'vm-2', 'vm-10']],
])('--sort %s: largest first, unknown last, equals by name; the rest below', async (key, order) => {
  const agent = new TestAgent();
  agent.guestTable = testGuests([
    testGuest({ kind: 'qemu', name: 'none', pids: [1] }),
    testGuest({
      kind: 'qemu',
      name: 'vm-10',
      pids: [2],
      savedBytes: 3,
      worthCores: -2,
      mergesTotal: 0,
      cowBreaksTotal: 5,
    }),
    testGuest({
      kind: 'qemu',
      name: 'vm-2',
      pids: [3],
      savedBytes: 2,
      worthCores: -1,
      mergesTotal: 1,
      mergeableBytes: 7,
    }),
    testGuest({ kind: 'qemu', name: 'db', pids: [4], savedBytes: 1, worthCores: 0, mergesTotal: 2, cowBreaksTotal: 4 }),
  ]);
  await using harness = await startHarness({}, agent);
  const { out } = await runCli(registerGuests, ['guests', '--json', '--sort', key, '--address', harness.address]);
  expect((JSON.parse(out) as { name: string }[]).map(({ name }) => name)).toEqual([...order, 'rest']);
});

test('estimates carry a ~, and the note says how much was counted', async () => {
  const agent = new TestAgent();
  agent.guestTable = testGuests([
    testGuest({ kind: 'qemu', name: 'scaled', pids: [7], cowBreaksTotal: 12_345, cowBreaksSeen: 99 }),
    testGuest({ kind: 'qemu', name: 'counted', pids: [8], cowBreaksTotal: 3, cowBreaksSeen: 3 }),
  ]);
  const duty = { open: false, windows: 2, coverage: 0.08, costCores: 0.004 };
  agent.addPoint(testPoint(0, {}, { probes: { cow: { ...testCow(), duty } } }));
  await using harness = await startHarness({}, agent);
  const { out, err } = await runCli(registerGuests, ['guests', '--address', harness.address, '--sort', 'breaks']);
  expect(out).toMatch(/^scaled .* ~12\.3k$/m);
  expect(out).toMatch(/^counted .* 3$/m);
  expect(err).toBe('Note: ~ is scaled to the exact total; 8.0 % of the breaks were counted one by one.\n');
});

test('who is not looked at yet is told in one note, many doubts in few', async () => {
  const agent = new TestAgent();
  const pending = testGuest({ kind: 'unknown', name: 'kvm', pids: [1], doubts: ['It is not looked at yet.'] });
  const doubted = Array.from({ length: 8 }, (_, index) =>
    testGuest({ kind: 'qemu', name: `vm-${index}`, pids: [index + 2], doubts: ['First.', 'Second.'] }),
  );
  agent.guestTable = testGuests([pending, ...doubted], {}, 1);
  await using harness = await startHarness({}, agent);
  const { err } = await runCli(registerGuests, ['guests', '--address', harness.address]);
  expect(err.trimEnd().split('\n')).toEqual([
    ...[0, 1, 2, 3, 4].map((index) => `Note: vm-${index} (pid ${index + 2}): First. Second.`),
    'Note: 3 more guests are in doubt; --json has all.',
    'Note: 1 process is not looked at yet; the next samples do.',
  ]);
});

test('nobody is there, or nobody was looked at yet', async () => {
  const agent = new TestAgent();
  await using harness = await startHarness({}, agent);
  const early = await runCli(registerGuests, ['guests', '--address', harness.address]);
  expect(early.out).toMatch(/^NAME .*\n$/);
  expect(early.err).toBe('The agent has not looked at any process yet.\n');
  agent.guestTable = testGuests([]);
  const { code, out, err } = await runCli(registerGuests, ['guests', '--address', harness.address]);
  expect(code).toBe(0);
  expect(out).toMatch(/^NAME .*\n\(rest\) .*\n$/);
  expect(err).toBe('No virtual machine runs here, and nobody has offered memory to KSM.\n');
  const json = await runCli(registerGuests, ['guests', '--json', '--address', harness.address]);
  expect(JSON.parse(json.out)).toMatchObject([{ kind: 'rest' }]);
});

test('nobody is known to be there where processes cannot be read', async () => {
  const agent = new TestAgent();
  const what = '73 processes could not be read in full.';
  agent.hostInfo = testHost({ problems: [{ code: 'KSM_FILE_UNREADABLE', what, cure: 'Run as root.' }] });
  agent.guestTable = testGuests([]);
  await using harness = await startHarness({}, agent);
  const { err } = await runCli(registerGuests, ['guests', '--address', harness.address]);
  expect(err).toBe(`Note: ${what}\n`);
});

test('an unknown sort key is wrong usage; no agent is the host that says no', async () => {
  const wrong = await runCli(registerGuests, ['guests', '--sort', 'colour']);
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('saved, worth, mergeable, merges, breaks, name');
  const alone = await runCli(registerGuests, ['guests', '--address', '127.0.0.1:1']);
  expect(alone.code).toBe(1);
  expect(alone.err).toContain('AGENT_UNREACHABLE');
});

test('as many guests as an agent tells apart, with the longest of names, are answered', async () => {
  const agent = new TestAgent();
  const long = 'x'.repeat(110);
  agent.guestTable = testGuests(
    Array.from({ length: 16_384 }, (_, index) => {
      const id = `${long}${index}`;
      const identity = `process/${id}@${long}`;
      return testGuest({ kind: 'process', name: id, id, identity, key: `${identity}#1.${index}`, pids: [index + 1] });
    }),
  );
  await using harness = await startHarness({}, agent);
  const { code, out } = await runCli(registerGuests, ['guests', '--json', '--address', harness.address]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toHaveLength(16_385);
});
