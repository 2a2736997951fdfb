import { expect, test } from 'vitest';
import { registerTop } from '../../../src/cli/top.js';
import { testHost, TestAgent, testPoint, testRow } from '../../helpers/agent-port.js';
import { memoryIo, runCli, type MemoryIo } from '../../helpers/cli.js';
import { startHarness, until } from '../../helpers/rpc.js';

function agentAt(seq: number): TestAgent {
  const agent = new TestAgent();
  agent.hostInfo = testHost({ probes: [{ name: 'cow', state: 'failed', detail: 'no kvm.', restarts: 0 }] });
  agent.addPoint(point(seq));
  return agent;
}

function point(seq: number): ReturnType<typeof testPoint> {
  return testPoint(
    seq,
    {
      savedBytes: seq * 2 ** 20,
      processes: [
        testRow({ pid: 1, comm: 'demo-web-1', savedBytes: 5, mergesTotal: 1 }),
        testRow({ pid: 2, comm: 'demo-web-2', savedBytes: 4, mergesTotal: 2 }),
        testRow({ pid: 3, comm: 'demo-db' }),
      ],
    },
    { ksm: { run: 1, pages_to_scan: 100 } },
  );
}

test('--once prints figures, knobs, what is missing, and the processes', async () => {
  await using harness = await startHarness({}, agentAt(3));
  const { code, out } = await runCli(registerTop, ['top', '--once', '--address', harness.address]);
  expect(code).toBe(0);
  expect(out).toMatch(/^hv1 {2}Linux 6\.18\.0 {2}mode observe {2}\d\d:\d\d:\d\d$/m);
  expect(out).toMatch(/saved +3\.0 MiB/);
  expect(out).toContain('run 1  pages_to_scan 100\n');
  expect(out).toContain('probe cow is failed: no kvm.\n');
  expect(out.indexOf('demo-web-1')).toBeLessThan(out.indexOf('demo-web-2'));
  expect(out).not.toContain('\u001b');
});

test('--once --json is one line', async () => {
  await using harness = await startHarness({}, agentAt(3));
  const { out } = await runCli(registerTop, ['top', '--once', '--json', '--address', harness.address]);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({
    mode: 'observe',
    saved_bytes: 3 * 2 ** 20,
    processes: [{ pid: 1 }, { pid: 2 }, { pid: 3 }],
  });
});

test('no agent: exit 1', async () => {
  const { code, err } = await runCli(registerTop, ['top', '--address', '127.0.0.1:1']);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: AGENT_UNREACHABLE: /);
});

test('into a pipe: a table a second, and the end of the agent ends it with exit 1', async () => {
  await using harness = await startHarness({}, agentAt(1));
  const io = memoryIo();
  const running = runCli(registerTop, ['top', '--address', harness.address], io);
  await until(() => io.stdout.text.includes('1.0 MiB'), 'the first table');
  harness.agent.addPoint(point(2));
  await until(() => io.stdout.text.includes('2.0 MiB'), 'the second table');
  await harness.server.stop();
  const { code, err } = await running;
  expect(code).toBe(1);
  expect(err).toContain('AGENT_UNREACHABLE');
}, 15_000);

function terminalIo(): MemoryIo {
  const io = memoryIo({ NO_COLOR: '1' });
  io.stdout.isTTY = true;
  io.stdout.columns = 100;
  // One line less than there is to show.
  io.stdout.rows = 14;
  io.stdin.isTTY = true;
  return io;
}

test('on a terminal: own screen, within its size, sorted by key, refreshed, left as it was', async () => {
  await using harness = await startHarness({}, agentAt(1));
  const io = terminalIo();
  const running = runCli(registerTop, ['top', '--address', harness.address], io);
  await until(() => io.stdout.text.includes('1.0 MiB'), 'the first screen');
  expect(io.stdout.text.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  const screens = (): string[] => io.stdout.text.split('\u001b[H').slice(1);
  const order = (screen: string | undefined): boolean => {
    const text = screen ?? '';
    return text.indexOf('demo-web-1') < text.indexOf('demo-web-2');
  };
  expect(order(screens().at(-1))).toBe(true);
  io.stdin.emit('data', Buffer.from('m'));
  expect(order(screens().at(-1))).toBe(false);
  harness.agent.addPoint(point(7));
  await until(() => io.stdout.text.includes('7.0 MiB'), 'a refresh');
  for (const screen of screens()) expect(screen.split('\r\n').length).toBe(14);
  io.stdin.emit('data', Buffer.from('q'));
  expect(await running).toMatchObject({ code: 0, err: '' });
  expect(io.stdout.text.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  expect(io.stdin.calls).toEqual(['raw true', 'resume', 'raw false', 'pause']);
  expect(io.stdin.listenerCount('data')).toBe(0);
}, 15_000);

test('on a terminal: goes on while the agent is away and says so; Ctrl-C ends it', async () => {
  await using harness = await startHarness({}, agentAt(1));
  const io = terminalIo();
  const running = runCli(registerTop, ['top', '--address', harness.address], io);
  await until(() => io.stdout.text.includes('1.0 MiB'), 'the first screen');
  await harness.server.stop();
  await until(() => io.stdout.text.includes('AGENT_UNREACHABLE'), 'the problem');
  io.stdin.emit('data', '\u0003');
  expect((await running).code).toBe(0);
}, 15_000);

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it as q does',
  async (signal) => {
    await using harness = await startHarness({}, agentAt(1));
    const io = terminalIo();
    const before = process.listenerCount(signal);
    const running = runCli(registerTop, ['top', '--address', harness.address], io);
    await until(() => process.listenerCount(signal) === before + 1, 'the handler');
    process.emit(signal);
    expect((await running).code).toBe(0);
    expect(process.listenerCount(signal)).toBe(before);
    expect(io.stdout.text.endsWith('\u001b[?1049l')).toBe(true);
  },
  15_000,
);
