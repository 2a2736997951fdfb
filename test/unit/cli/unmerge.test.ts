import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { AgentLock } from '../../../src/agent/lock.js';
import { socketIn } from '../../../src/agent/rpc/unix-socket.js';
import { ensureStateDir } from '../../../src/agent/state-dir.js';
import { registerUnmerge } from '../../../src/cli/unmerge.js';
import { createToken } from '../../../src/agent/token.js';
import { memoryIo, runCli, type MemoryIo } from '../../helpers/cli.js';
import { copiedTree, KSM, put, temporaryFolder } from '../../helpers/kernel-tree.js';
import { startHarness } from '../../helpers/rpc.js';

let root: string;
let stateDir: string;
let writers: number[];
beforeEach(() => {
  root = copiedTree('6.18');
  stateDir = join(temporaryFolder(), 'state');
  writers = [];
  put(root, `${KSM}/run`, '1\n');
  put(root, `${KSM}/pages_sharing`, '1000\n');
  put(root, `${KSM}/ksm_zero_pages`, '24\n');
  memory(32);
});

function memory(availableGib: number): void {
  put(root, 'proc/meminfo', `MemTotal: ${64 * 2 ** 20} kB\nMemAvailable: ${availableGib * 2 ** 20} kB\n`);
}

/** Does to the files what the kernel would do. */
function start(runAfter: number): { readonly ended: Promise<undefined>; stop(): void } {
  writers.push(runAfter);
  put(root, `${KSM}/pages_sharing`, '0\n');
  put(root, `${KSM}/ksm_zero_pages`, '0\n');
  put(root, `${KSM}/run`, `${runAfter}\n`);
  return { ended: sleep(20, undefined), stop: () => undefined };
}

const unmerge = (
  args: readonly string[],
  options: { io?: MemoryIo; isRoot?: boolean } = {},
): ReturnType<typeof runCli> => {
  const { io = memoryIo(), isRoot = true } = options;
  const host = { root, isRoot, knobDir: stateDir, start };
  return runCli((program, on) => registerUnmerge(program, on, host), ['unmerge', '--state-dir', stateDir, ...args], io);
};

test('a dry run tells what it takes, to anybody', async () => {
  const { code, out, err } = await unmerge(['--dry-run'], { isRoot: false });
  expect([code, err, writers]).toEqual([0, '', []]);
  expect(out).toContain('takes      4.0 MiB: 1,024 pages that are saved now\n');
  expect(out).toContain('available  32.0 GiB, of which 3.2 GiB must be left');
  expect(out).toContain('run        1 now, 1 afterwards: KSM will merge again (--stop leaves it stopped)\n');
  expect(existsSync(stateDir)).toBe(false);
});

test('--yes does it, tells, and writes it down; --stop leaves KSM stopped', async () => {
  const done = await unmerge(['--yes']);
  expect([done.code, done.err, writers]).toEqual([0, '', [1]]);
  expect(done.out).toMatch(/Done: 1,024 pages \(4\.0 MiB\) have copies of their own, in .* run is 1\.\n$/);
  const stopped = await unmerge(['--yes', '--stop', '--json']);
  expect(JSON.parse(stopped.out)).toMatchObject({ unmerged: true, run_before: 1, run_after: 0, pages_left_least: 0 });
  expect(writers).toEqual([1, 0]);
  const [line = ''] = readFileSync(join(stateDir, 'audit.log'), 'utf8').split('\n');
  expect(JSON.parse(line)).toMatchObject({ what: 'unmerge', before: { pages: 1024, run: 1 }, result: 'done' });
});

test('a host that cannot hold it is left alone', async () => {
  memory(3);
  for (const flag of ['--yes', '--dry-run']) {
    const { code, err } = await unmerge([flag]);
    expect(code).toBe(1);
    expect(err).toContain('ksmpilot: MEMORY_SHORT: unmerging takes 4.0 MiB; 3072.0 MiB are available');
  }
  expect(writers).toEqual([]);
});

test('looks again after the question', async () => {
  const io = memoryIo();
  io.stdin.isTTY = true;
  const running = unmerge([], { io });
  while (!io.stderr.text.includes('[y/N]')) await sleep(5);
  memory(3);
  io.stdin.emit('data', 'y\n');
  expect((await running).err).toContain('MEMORY_SHORT');
  expect(writers).toEqual([]);
});

test('without a terminal and --yes, or without root, nothing is done', async () => {
  expect((await unmerge([])).err).toMatch(/NOT_CONFIRMED/);
  expect((await unmerge(['--yes'], { isRoot: false })).err).toMatch(/NOT_ROOT/);
  expect(writers).toEqual([]);
});

test('all is unmerged already', async () => {
  put(root, `${KSM}/run`, '2\n');
  const { code, out } = await unmerge(['--yes']);
  expect([code, out, writers]).toEqual([0, 'All is unmerged already: run is 2.\n', []]);
});

test('an agent that runs and does not answer is not disturbed', async () => {
  ensureStateDir(stateDir);
  put('/', socketIn(stateDir), ''); // a dead socket
  // Process 1 lives; the lock takes it for an agent.
  const lock = new AgentLock({ stateDir, pid: 1 });
  await lock.acquire();
  const { code, err } = await unmerge(['--yes']);
  lock.release();
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: AGENT_RUNNING: an agent runs, pid 1, and does not say what it does/);
  expect(writers).toEqual([]);
});

test('an agent in auto mode is asked to leave it first; one that only watches is not in the way', async () => {
  ensureStateDir(stateDir);
  await using harness = await startHarness({ token: createToken(stateDir), socketPath: socketIn(stateDir) });
  const lock = new AgentLock({ stateDir, pid: 1 });
  await lock.acquire();
  harness.agent.currentMode = 'auto';
  const auto = await unmerge(['--yes']);
  expect([auto.code, writers]).toEqual([1, []]);
  expect(auto.err).toContain('ksmpilot: AGENT_RUNNING: the agent, pid 1, is in auto mode and moves run itself');
  expect(auto.err).toContain('Run `ksmpilot tune observe` first');
  harness.agent.currentMode = 'observe';
  expect((await unmerge(['--yes'])).code).toBe(0);
  expect(writers).toEqual([1]);
  lock.release();
});
