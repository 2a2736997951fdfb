import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BaselineStore } from '../../../src/agent/baseline.js';
import { AgentLock } from '../../../src/agent/lock.js';
import { socketIn } from '../../../src/agent/rpc/unix-socket.js';
import { createToken } from '../../../src/agent/token.js';
import { registerRestore } from '../../../src/cli/restore.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

const BOOT = '11111111-2222-3333-4444-555555555555';

let dir: string;
let stateDir: string;
let root: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ksmpilot-restore-'));
  stateDir = join(dir, 'state');
  root = join(dir, 'root');
  mkdirSync(stateDir, { mode: 0o700 });
  mkdirSync(join(root, 'sys/kernel/mm/ksm'), { recursive: true });
  mkdirSync(join(root, 'proc/sys/kernel/random'), { recursive: true });
  writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${BOOT}\n`);
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function setKnob(knob: string, value: number): void {
  writeFileSync(join(root, 'sys/kernel/mm/ksm', knob), `${value}\n`);
}
const knob = (name: string): string => readFileSync(join(root, 'sys/kernel/mm/ksm', name), 'utf8').trim();

/** An agent that wrote run=1 and pages_to_scan=2500 and was killed. */
function saveBaseline(): BaselineStore {
  const store = new BaselineStore({ stateDir, bootId: BOOT });
  store.save({
    bootId: BOOT,
    savedAtMs: 1,
    knobs: { run: 0, pages_to_scan: 100 },
    written: { run: 1, pages_to_scan: 2500 },
  });
  setKnob('run', 1);
  setKnob('pages_to_scan', 2500);
  return store;
}

const restore = (...args: string[]): ReturnType<typeof runCli> =>
  runCli(
    (program, io) => registerRestore(program, io, { root, isRoot: true, knobDir: stateDir }),
    ['restore', '--state-dir', stateDir, ...args],
  );

// Without --address the fallback address is tried, where an agent of this machine may listen: then these tests would be
// about that one. The socket of the state folder comes first, and a dead one is no agent.
function deadSocket(): void {
  writeFileSync(socketIn(stateDir), '');
}

test('without an agent: from the baseline, each knob told, then nothing is left to do', async () => {
  deadSocket();
  saveBaseline();
  const { code, out, err } = await restore();
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('run: 1 -> 0\n');
  expect(out).toContain('pages_to_scan: 2500 -> 100\n');
  expect([knob('run'), knob('pages_to_scan')]).toEqual(['0', '100']);
  expect(existsSync(join(stateDir, 'baseline.json'))).toBe(false);
  const again = await restore('--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.out)).toMatchObject({ by: 'baseline', restored: [], failed: [] });
});

test('a knob that somebody moved since is left and named', async () => {
  deadSocket();
  saveBaseline();
  setKnob('pages_to_scan', 777);
  const { code, out } = await restore('--json');
  expect(code).toBe(0);
  const told = JSON.parse(out) as { restored: object[]; left: string[] };
  expect(told.restored).toEqual([{ knob: 'run', from: '1', to: '0' }]);
  expect(told.left.join(' ')).toContain('pages_to_scan');
  expect(knob('pages_to_scan')).toBe('777');
});

test('a knob that cannot be put back: exit 1, the baseline is kept for another try', async () => {
  deadSocket();
  saveBaseline();
  rmSync(join(root, 'sys/kernel/mm/ksm/pages_to_scan'));
  mkdirSync(join(root, 'sys/kernel/mm/ksm/pages_to_scan'));
  const { code, out, err } = await restore();
  expect(code).toBe(1);
  expect(out).toContain('run: 1 -> 0');
  expect(err).toMatch(/^ksmpilot: KSM_KNOB_REFUSED: not put back: pages_to_scan; the baseline is kept\.\nHint: /);
  expect(existsSync(join(stateDir, 'baseline.json'))).toBe(true);
});

test('a corrupt baseline: exit 1, no knob touched', async () => {
  deadSocket();
  saveBaseline();
  writeFileSync(join(stateDir, 'baseline.json'), '{');
  const { code, err } = await restore();
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: BASELINE_UNREADABLE: /);
  expect(knob('run')).toBe('1');
});

test('an agent that lives but does not answer is not disturbed', async () => {
  deadSocket();
  saveBaseline();
  // Process 1 lives; the lock takes it for an agent.
  const lock = new AgentLock({ stateDir, pid: 1 });
  await lock.acquire();
  const { code, err } = await restore();
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: AGENT_RUNNING: /);
  expect(knob('run')).toBe('1');
  lock.release();
});

test('not root: says so, with the cure', async () => {
  deadSocket();
  const { code, err } = await runCli(
    (program, io) => registerRestore(program, io, { root, isRoot: false, knobDir: stateDir }),
    ['restore', '--state-dir', stateDir],
  );
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: NOT_ROOT: .*\nHint: Run `sudo ksmpilot restore`\.\n$/);
});

test('with an agent: through it, and the files stay its own', async () => {
  saveBaseline();
  await using harness = await startHarness({ token: createToken(stateDir), socketPath: socketIn(stateDir) });
  harness.agent.restoreReport = { restored: [{ knob: 'run', from: '1', to: '0' }], left: [], failed: [] };
  const { code, out } = await restore('--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ by: 'agent', ...harness.agent.restoreReport });
  expect(harness.agent.calls).toEqual(['restore']);
  expect(knob('run')).toBe('1');
});

test('with an agent that could not put one back: exit 1', async () => {
  await using harness = await startHarness({ token: createToken(stateDir), socketPath: socketIn(stateDir) });
  harness.agent.restoreReport = { restored: [], left: ['run: EPERM.'], failed: ['run'] };
  const { code, out, err } = await restore();
  expect([code, out]).toEqual([1, 'run: EPERM.\n']);
  expect(err).toContain('not put back: run');
});

test('--address names an agent: without it there is no restoring behind its back', async () => {
  saveBaseline();
  const { code, err } = await restore('--address', '127.0.0.1:1');
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: AGENT_UNREACHABLE: /);
  expect(knob('run')).toBe('1');
});
