import { expect, test } from 'vitest';
import type { SideChannelReport } from '../../../src/agent/model/side-channel.js';
import { registerSuspects } from '../../../src/cli/suspects.js';
import { suspectsJson, suspectsText } from '../../../src/cli/format-suspects.js';
import { TestAgent } from '../../helpers/agent-port.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

const EVIDENCE = { returningPages: 6, returns: 20, sweepShare: 1, periodSec: 2.5, otherPages: 1, accidents: 0.01 };
const ON: SideChannelReport = {
  state: 'on',
  detail: 'one page in 4 is looked at',
  threshold: 0.5,
  oneIn: 4,
  foundFrom: 29,
  pages: 100,
  missed: 0,
  slowestSec: 60,
  suspects: [
    {
      key: 'k1',
      name: 'web\u001b[2J',
      score: 0.75,
      suspicious: true,
      sinceMs: 1_700_000_000_000,
      text: 'Because.',
      evidence: EVIDENCE,
    },
    { key: 'k2', name: 'db', score: 0.125, suspicious: false, text: 'A little.', evidence: EVIDENCE },
  ],
};

async function told(report: SideChannelReport, ...flags: string[]): Promise<string> {
  const agent = new TestAgent();
  agent.sideChannelReport = report;
  await using harness = await startHarness({}, agent);
  const { code, out, err } = await runCli(registerSuspects, ['suspects', '--address', harness.address, ...flags]);
  expect([code, err]).toEqual([0, '']);
  return out;
}

test('who is suspicious, with the evidence and with what would be found; others on request', async () => {
  const out = await told(ON);
  expect(out).toBe(
    [
      'Side-channel watch: on, one page in 4 is looked at.',
      'Found with 95 %: 29 right guesses, written in one sweep four times, each within 60 s.',
      '',
      'web?[2J (k1): suspicious since 2023-11-14T22:13:20Z, score 0.75',
      '  Because.',
      '',
    ].join('\n'),
  );
  expect(out).not.toContain('\u001b');
  expect(await told(ON, '--all')).toContain('db (k2): not suspicious, score 0.13\n  A little.\n');
});

test('nobody is said to be suspicious only where it was looked at', async () => {
  expect(await told({ ...ON, suspects: [] })).toContain('\nNo guest is suspicious.\n');
  expect(await told({ ...ON, missed: 7 })).toContain('7 breaks of watched pages found no room.');
  const off = await told({ state: 'off', detail: 'off: set probes.exact', threshold: 0.5, suspects: [] });
  expect(off).toBe('Side-channel watch: off: set probes.exact\n');
  expect(suspectsText(null, true)).toContain('without the side-channel watch');
});

test('--json', async () => {
  expect(JSON.parse(await told(ON, '--json'))).toMatchObject({
    state: 'on',
    threshold: 0.5,
    one_in: 4,
    found_from: 29,
    suspects: [
      { key: 'k1', suspicious: true, returning_pages: 6, accidents: 0.01 },
      { key: 'k2', since_ms: null },
    ],
  });
  expect(JSON.parse(await told({ state: 'off', detail: 'why', threshold: 0.5, suspects: [] }, '--json'))).toEqual({
    ...{ state: 'off', detail: 'why', threshold: 0.5, one_in: null, found_from: null, pages: null },
    ...{ missed: null, slowest_sec: null, suspects: [] },
  });
  expect(suspectsJson(null)).toMatchObject({ state: null, suspects: [] });
});
