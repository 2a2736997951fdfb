import { expect, test } from 'vitest';
import { registerTop } from '../../../src/cli/top.js';
import { testGuest, testHost, TestAgent, testPoint, testRow } from '../../helpers/agent-port.js';
import { memoryIo, runCli, type MemoryIo } from '../../helpers/cli.js';
import { startHarness, until } from '../../helpers/rpc.js';
import { screenText } from '../../helpers/screen-text.js';

const MIB = 2 ** 20;

function agentAt(seq: number): TestAgent {
  const agent = new TestAgent();
  agent.hostInfo = testHost({ probes: [{ name: 'cow', state: 'failed', detail: 'no kvm.', restarts: 0 }] });
  agent.addPoint(point(seq));
  agent.guestTable = {
    timeMs: 1,
    guests: [
      testGuest({ kind: 'qemu', name: 'web-1', pids: [1], savedBytes: 5 * MIB, mergesPerSec: 1, worthCores: -0.5 }),
      testGuest({ kind: 'libvirt', name: 'web-2', pids: [2], savedBytes: 4 * MIB, mergesPerSec: 2, worthCores: 0.25 }),
      testGuest({ kind: 'docker', name: 'db', pids: [3] }),
    ],
    rest: testGuest({ kind: 'process', name: 'rest', pids: [] }),
    pending: 0,
  };
  return agent;
}

function point(seq: number): ReturnType<typeof testPoint> {
  return testPoint(
    seq,
    { savedBytes: seq * MIB, processes: [testRow({ pid: 1, comm: 'qemu', savedBytes: 5, mergesTotal: 1 })] },
    { ksm: { run: 1, pages_to_scan: 100 } },
  );
}

test('--once prints figures, knobs, what is missing, and the guests', async () => {
  await using harness = await startHarness({}, agentAt(3));
  const { code, out } = await runCli(registerTop, ['top', '--once', '--address', harness.address]);
  expect(code).toBe(0);
  expect(out).toMatch(/^hv1 {2}Linux 6\.18\.0 {2}mode observe {2}\d\d:\d\d:\d\d$/m);
  expect(out).toMatch(/^saved +3\.0 MiB/m);
  expect(out).toContain('run 1  100 pages every - ms');
  expect(out).toContain('probe cow is failed: no kvm.\n');
  expect(names(out.split('\n'))).toEqual(['web-1', 'web-2', 'db']);
  expect(out).not.toContain('\u001b');
});

test('--once --json is one line, with guests in the order asked for, and processes', async () => {
  await using harness = await startHarness({}, agentAt(3));
  const flags = ['--once', '--json', '--sort', 'merges', '--address', harness.address];
  const { out } = await runCli(registerTop, ['top', ...flags]);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({
    mode: 'observe',
    saved_bytes: 3 * MIB,
    guests: [{ name: 'web-2' }, { name: 'web-1' }, { name: 'db', saved_bytes: null }, { kind: 'rest' }],
    processes: [{ pid: 1 }],
  });
});

test('no agent: exit 1', async () => {
  const { code, err } = await runCli(registerTop, ['top', '--address', '127.0.0.1:1']);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: AGENT_UNREACHABLE: /);
});

test.each([
  ['--sort', 'colour'],
  ['--interval', '0'],
  ['--interval', '1e9'],
])('%s %s is wrong usage', async (...args) => {
  expect((await runCli(registerTop, ['top', ...args])).code).toBe(2);
});

test.each(['a pipe', 'a dumb terminal'])(
  'into %s: a table each time, no control sequence, and the end of the agent ends it with exit 1',
  async (where) => {
    await using harness = await startHarness({}, agentAt(1));
    const io = memoryIo({ TERM: 'dumb' });
    io.stdout.isTTY = where === 'a dumb terminal';
    const running = runCli(registerTop, ['top', '--interval', '0.2', '--address', harness.address], io);
    await until(() => io.stdout.text.includes('1.0 MiB'), 'the first table');
    harness.agent.addPoint(point(2));
    await until(() => io.stdout.text.includes('2.0 MiB'), 'the second table');
    await harness.server.stop();
    const { code, err } = await running;
    expect(code).toBe(1);
    expect(err).toContain('AGENT_UNREACHABLE');
    expect(io.stdout.text).not.toContain('\u001b');
  },
  15_000,
);

function terminalIo(): MemoryIo {
  const io = memoryIo({ NO_COLOR: '1', TERM: 'xterm', LANG: 'C.UTF-8' });
  io.stdout.isTTY = true;
  io.stdout.columns = 100;
  io.stdout.rows = 14;
  io.stdin.isTTY = true;
  return io;
}

/** First words of the lines below the head of the table, without the last line of keys. */
function names(lines: readonly string[]): string[] {
  const head = lines.findIndex((line) => line.startsWith('NAME'));
  return lines
    .slice(head + 1)
    .filter((line) => line !== '' && !line.includes('q quit'))
    .map((line) => line.split(' ')[0] ?? '');
}

test('on a terminal: own screen, within its size, sorted by key, refreshed, left as it was', async () => {
  await using harness = await startHarness({}, agentAt(1));
  const io = terminalIo();
  const running = runCli(registerTop, ['top', '--address', harness.address], io);
  const shown = (): readonly string[] => screenText(io.stdout.text).lines;
  await until(() => shown().some((line) => line.includes('1.0 MiB')), 'the first screen');
  expect(io.stdout.text.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
  expect(names(shown())).toEqual(['web-1', 'web-2', 'db']);
  io.stdin.emit('data', Buffer.from('m'));
  expect(names(shown())).toEqual(['web-2', 'web-1', 'db']);
  io.stdin.emit('data', Buffer.from('/WEB-1\r'));
  expect(names(shown())).toEqual(['web-1']);
  expect(shown()).toHaveLength(14);
  expect(shown().at(-1)).toBe('1-1 of 1 (of 3)  by merges  /WEB-1  ? help  q quit');
  const before = io.stdout.text.length;
  harness.agent.addPoint(point(7));
  await until(() => shown().some((line) => line.includes('7.0 MiB')), 'a refresh');
  // Only lines that changed were written.
  expect(io.stdout.text.slice(before)).not.toContain('web-1  ');
  io.stdin.emit('data', Buffer.from('q'));
  expect(await running).toMatchObject({ code: 0, err: '' });
  expect(screenText(io.stdout.text)).toMatchObject({ isAlternate: false, isCursorShown: true });
  expect(io.stdin.calls).toEqual(['raw true', 'resume', 'raw false', 'pause']);
  expect(io.stdin.listenerCount('data')).toBe(0);
}, 15_000);

test('paused, the picture stands; help comes and goes', async () => {
  await using harness = await startHarness({}, agentAt(1));
  const io = terminalIo();
  const running = runCli(registerTop, ['top', '--interval', '0.2', '--address', harness.address], io);
  const shown = (): string => screenText(io.stdout.text).lines.join('\n');
  await until(() => shown().includes('1.0 MiB'), 'the first screen');
  io.stdin.emit('data', 'p');
  expect(shown()).toContain('PAUSED');
  harness.agent.addPoint(point(7));
  await new Promise((done) => setTimeout(done, 600));
  expect(shown()).not.toContain('7.0 MiB');
  io.stdin.emit('data', 'p');
  await until(() => shown().includes('7.0 MiB'), 'a refresh');
  io.stdin.emit('data', '?');
  expect(shown()).toContain('reverse the order');
  io.stdin.emit('data', 'x');
  expect(shown()).not.toContain('reverse the order');
  io.stdin.emit('data', 'q');
  expect((await running).code).toBe(0);
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

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
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
    expect(process.listenerCount('SIGTSTP')).toBe(0);
    expect(io.stdout.text.endsWith('\u001b[?1049l')).toBe(true);
  },
  15_000,
);
