import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KsmpilotError } from '../../../src/agent/errors.js';
import { createToken } from '../../../src/agent/token.js';
import { registerTune } from '../../../src/cli/tune.js';
import { TestAgent, testDecision } from '../../helpers/agent-port.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

let stateDir: string;
let token: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'ksmpilot-tune-'));
  token = createToken(stateDir);
});
afterEach(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

test('every action reaches the agent and shows what holds now', async () => {
  await using harness = await startHarness({ token });
  const tune = (...args: string[]): ReturnType<typeof runCli> =>
    runCli(registerTune, ['tune', ...args, '--address', harness.address, '--state-dir', stateDir]);
  expect((await tune('auto')).out).toContain('Mode auto: decides and writes the knobs.');
  expect((await tune('pause')).out).toContain('paused: the knobs stay where they are');
  expect((await tune('resume')).out).not.toContain('paused');
  expect((await tune('advise')).out).toContain('Mode advise');
  const observed = await tune('observe', '--json');
  expect(JSON.parse(observed.out)).toMatchObject({
    mode: 'observe',
    paused: false,
    settings: { gib_per_core: 8, max_cpu_pct: 50, may_start: true, may_stop: true, smart_scan: true },
    baseline: null,
    decisions: [],
  });
  expect(harness.agent.calls).toEqual(['setMode auto', 'pause', 'resume', 'setMode advise', 'setMode observe']);
});

test('options may stand before the action', async () => {
  await using harness = await startHarness({ token });
  const args = ['tune', '--address', harness.address, '--state-dir', stateDir, '--json', 'auto'];
  const { code, out } = await runCli(registerTune, args);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ mode: 'auto' });
});

test('alone it shows the mode and changes nothing', async () => {
  await using harness = await startHarness({ token });
  const { code, out } = await runCli(registerTune, ['tune', '--address', harness.address]);
  expect(code).toBe(0);
  expect(out).toBe(
    'Mode observe: watches, decides nothing, writes nothing.\n' +
      'Price 8 GiB a core; ksmd at most 50.0 % of one core; may start KSM: yes, stop it: yes, hold smart_scan at 0: yes.\n',
  );
  expect(harness.agent.calls).toEqual([]);
});

function deciding(): TestAgent {
  const agent = new TestAgent();
  agent.currentMode = 'advise';
  agent.recorded = [
    { ...testDecision(1, { phase: 'learning' }), written: false },
    {
      ...testDecision(2, {
        phase: 'burst',
        reason: 'Burst: three processes offered 1.2 GiB.',
        monoMs: 0,
        changes: [
          { knob: 'pages_to_scan', from: 100, to: 2500 },
          { knob: 'run', from: 0, to: 1 },
        ],
        estimates: [
          { name: 'cost', value: 2.51234, plusMinus: 0.25, unit: 'us/page' },
          { name: 'lifetime', value: null, plusMinus: null, unit: 's' },
        ],
        expectation: { ksmdCpuPct: 50, fullScanSec: 3, savedBytes: 2 ** 20, byMonoMs: 60_000 },
        outcome: { ofDecision: 1, held: false, text: 'Expected 1 %, saw 2 %.' },
      }),
      written: false,
    },
  ];
  return agent;
}

test.each([[['explain']], [['--explain']]])('%j tells reason, changes, expectation and outcome', async (args) => {
  await using harness = await startHarness({}, deciding());
  const { code, out } = await runCli(registerTune, ['tune', ...args, '--address', harness.address]);
  expect(code).toBe(0);
  expect(out).toMatch(/^#1 \d\d:\d\d:\d\d {2}learning: Reason of decision 1\.$/m);
  expect(out).toMatch(/^#2 \d\d:\d\d:\d\d {2}Burst: three processes offered 1\.2 GiB\.$/m);
  expect(out).toContain('  would write: pages_to_scan 100 -> 2500, run 0 -> 1\n');
  expect(out).toContain('  estimates:\n    cost      2.51 ± 0.25 us/page\n    lifetime  - s\n');
  expect(out).toMatch(/ {2}expects: ksmd 50\.0 %, a full scan in 3\.0 s, 1\.0 MiB saved, by \d\d:\d\d:\d\d\n/);
  expect(out).toContain('  outcome of #1: did not come true. Expected 1 %, saw 2 %.\n');
});

test('explain --last and --json', async () => {
  await using harness = await startHarness({}, deciding());
  const args = ['tune', 'explain', '--last', '1', '--json', '--address', harness.address];
  const { out } = await runCli(registerTune, args);
  expect(JSON.parse(out)).toEqual([
    expect.objectContaining({
      id: 2,
      phase: 'burst',
      written: false,
      estimates: [
        { name: 'cost', value: 2.51234, plus_minus: 0.25, unit: 'us/page' },
        { name: 'lifetime', value: null, plus_minus: null, unit: 's' },
      ],
      outcome: { of_decision: 1, held: false, text: 'Expected 1 %, saw 2 %.' },
    }),
  ]);
});

test('explain without decisions says why there are none', async () => {
  await using harness = await startHarness();
  const { out } = await runCli(registerTune, ['tune', 'explain', '--address', harness.address]);
  expect(out).toContain('No decision yet. In observe mode there is no policy');
});

test('a refusal: exit 1 with code, message and hint', async () => {
  await using harness = await startHarness({ token });
  harness.agent.refusal = new KsmpilotError('MODE_REFUSED', 'ksmtuned runs on this host.', { hint: 'Stop ksmtuned.' });
  const args = ['tune', 'auto', '--address', harness.address, '--state-dir', stateDir];
  expect(await runCli(registerTune, args)).toEqual({
    code: 1,
    out: '',
    err: 'ksmpilot: MODE_REFUSED: ksmtuned runs on this host.\nHint: Stop ksmtuned.\n',
  });
});

test('without the token: exit 1, and the file it should be in', async () => {
  await using harness = await startHarness({ token });
  const args = ['tune', 'auto', '--address', harness.address, '--state-dir', join(stateDir, 'other')];
  const { code, err } = await runCli(registerTune, args);
  expect(code).toBe(1);
  expect(err).toMatch(/^ksmpilot: TOKEN_MISSING: .*\/other\/token/);
  expect(harness.agent.calls).toEqual([]);
});

test.each([
  [['tune', 'faster'], 'too many arguments'],
  [['tune', 'explain', '--last', '0'], '1 to 1000'],
  [['tune', 'explain', '--last', '1e3'], '1 to 1000'],
  [['tune', 'auto', 'now'], 'too many arguments'],
])('wrong usage %j: exit 2', async (args, text) => {
  const { code, err } = await runCli(registerTune, args);
  expect(code).toBe(2);
  expect(err).toContain(text);
});
