import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseRecord } from '../../../src/cli/record-file.js';
import { registerRecord } from '../../../src/cli/record.js';
import { registerSimulate } from '../../../src/cli/simulate.js';
import { TestAgent, testPoint, testRow } from '../../helpers/agent-port.js';
import { memoryIo, runCli } from '../../helpers/cli.js';
import { startHarness, until } from '../../helpers/rpc.js';

const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-record-'));
afterAll(() => rmSync(folder, { recursive: true }));

function point(seq: number): ReturnType<typeof testPoint> {
  return testPoint(
    seq,
    {
      memory: { sharedBytes: 4096, sharingBytes: 4096 * seq, unsharedBytes: 0, volatileBytes: 8192, zeroBytes: 0 },
      ksmdCpuPct: 2,
      cowBreaksTotal: seq,
      processes: [testRow({ pid: 1, comm: 'secret-name', anonBytes: 40_960 })],
    },
    { ksm: { run: 1, pages_to_scan: 100, sleep_millisecs: 20, smart_scan: 1 } },
  );
}

function agentWith(points: number): TestAgent {
  const agent = new TestAgent();
  for (let seq = 1; seq <= points; seq++) agent.addPoint(point(seq));
  return agent;
}

test('writes what the agent has and what comes, until Ctrl-C; simulate reads it', async () => {
  await using harness = await startHarness({}, agentWith(5));
  const path = join(folder, 'a');
  const io = memoryIo();
  const before = process.listenerCount('SIGINT');
  const running = runCli(registerRecord, ['record', path, '--address', harness.address], io);
  const written = (): number => {
    try {
      return readFileSync(path, 'utf8').split('\n').length - 1;
    } catch {
      return 0;
    }
  };
  await until(() => written() === 6, 'the header and the look-back');
  harness.agent.addPoint(point(6));
  await until(() => written() === 7, 'a live sample');
  process.emit('SIGINT');
  expect(await running).toMatchObject({ code: 0, out: '' });
  expect(process.listenerCount('SIGINT')).toBe(before);
  expect(io.stderr.text).toContain(`6 samples over`);
  const text = readFileSync(path, 'utf8');
  expect(text).not.toContain('secret-name');
  const history = parseRecord(text, path);
  expect(history).toMatchObject({ pageSize: 4096, smartScan: true });
  expect(history.samples).toHaveLength(6);
  expect(history.samples.at(-1)).toMatchObject({
    shared: 1,
    sharing: 6,
    volatile: 2,
    breaks: 6,
    cpuShare: 0.02,
    offered: 10,
  });
  const simulated = await runCli(registerSimulate, ['simulate', path, '--policy', 'off']);
  expect(simulated.code).toBe(0);
}, 15_000);

test('--seconds ends it although the agent falls silent', async () => {
  await using harness = await startHarness({}, agentWith(2));
  const { code, err } = await runCli(registerRecord, [
    'record',
    join(folder, 'b'),
    '--seconds',
    '0',
    '--address',
    harness.address,
  ]);
  expect(code).toBe(0);
  expect(err).toContain('2 samples');
}, 15_000);

test('a file that is there stays as it is: RECORD_UNWRITABLE', async () => {
  await using harness = await startHarness({}, agentWith(1));
  const path = join(folder, 'c');
  writeFileSync(path, 'mine');
  const { code, err } = await runCli(registerRecord, ['record', path, '--address', harness.address]);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: RECORD_UNWRITABLE: .* is there already\.\nHint: /);
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('no agent: exit 1, and no file is made', async () => {
  const path = join(folder, 'd');
  const { code, err } = await runCli(registerRecord, ['record', path, '--address', '127.0.0.1:1']);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: AGENT_UNREACHABLE: /);
  expect(() => readFileSync(path)).toThrow('ENOENT');
});

test('the agent ends: what was written stays, exit 1', async () => {
  await using harness = await startHarness({}, agentWith(3));
  const path = join(folder, 'e');
  const io = memoryIo();
  const running = runCli(registerRecord, ['record', path, '--address', harness.address], io);
  await until(() => {
    try {
      return readFileSync(path, 'utf8').split('\n').length === 5;
    } catch {
      return false;
    }
  }, 'the look-back');
  await harness.server.stop();
  expect((await running).code).toBe(1);
  expect(io.stderr.text).toContain('AGENT_STOPPING');
  expect(parseRecord(readFileSync(path, 'utf8'), path).samples).toHaveLength(3);
}, 15_000);
