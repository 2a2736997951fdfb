import { expect, test } from 'vitest';
import type { GuestPolicyAnswer } from '../../../src/agent/model/guest-policy.js';
import { registerGuest } from '../../../src/cli/guest.js';
import { TestAgent } from '../../helpers/agent-port.js';
import { runCli } from '../../helpers/cli.js';
import { startHarness } from '../../helpers/rpc.js';

const ROWS: GuestPolicyAnswer['rows'] = [
  row('bank-1', {
    wish: 'off',
    rule: 'never-merge',
    reason: 'it fits "bank-*" of guests.neverMerge',
    standing: 'held',
  }),
  row('acme-1', { group: 'acme', wish: 'off', rule: 'group', reason: 'It is of acme', standing: 'switch' }),
  row('churn', { rule: 'opt-out', reason: 'It breaks', standing: 'soon', dueMs: Date.now() + 120_500 }),
  row('done', { reason: 'nothing is against its merging any more', standing: 'switch' }),
  row('web\u001b[2J', {}),
];

function row(name: string, change: Partial<GuestPolicyAnswer['rows'][number]>): GuestPolicyAnswer['rows'][number] {
  return {
    ...{ key: `qemu/${name}#1.1`, name, kind: 'qemu', group: undefined, wish: 'leave', rule: undefined, reason: '' },
    ...{ standing: 'fits', dueMs: undefined },
    ...change,
  };
}

async function ask(answer: Partial<GuestPolicyAnswer>, ...args: string[]): ReturnType<typeof runCli> {
  const agent = new TestAgent();
  const policy = (): GuestPolicyAnswer => ({
    ...{ active: true, mode: 'observe', mergingGroup: undefined, rows: ROWS },
    ...answer,
  });
  agent.guestCalls = { ...agent.guestCalls, policy };
  await using harness = await startHarness({}, agent);
  return await runCli(registerGuest, ['guest', 'policy', '--address', harness.address, ...args]);
}

test('tells each guest that there is something to say of, and what comes of it', async () => {
  const { code, out, err } = await ask({ mergingGroup: 'umbrella' });
  expect([code, err]).toEqual([0, '']);
  const lines = out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
  expect(lines.slice(0, 2)).toEqual([
    'Of the groups, umbrella merges on this host.',
    'GUEST | GROUP | MERGING | RULE | WHY',
  ]);
  expect(lines.slice(2, 6)).toEqual([
    'bank-1 | - | is off, by the policy | never-merge | it fits "bank-*" of guests.neverMerge',
    'acme-1 | acme | to be switched off | group | It is of acme',
    expect.stringMatching(
      /^churn \| - \| to be switched off soon \| opt-out \| It breaks \(in (2|1) min \d+ s\)$/,
    ) as unknown,
    'done | - | to be put back | - | nothing is against its merging any more',
  ]);
  expect(lines.slice(6, 8)).toEqual([
    '1 guest is left as it is.',
    'Observe mode: nothing is switched. Auto mode would carry this out.',
  ]);
});

test('--json: every key, unknown is null', async () => {
  const { code, out } = await ask({ mode: 'auto' }, '--json');
  expect(code).toBe(0);
  const told = JSON.parse(out) as { guests: object[] };
  expect(told).toMatchObject({ active: true, mode: 'auto', merging_group: null });
  expect(told.guests[0]).toEqual({
    ...{ key: 'qemu/bank-1#1.1', name: 'bank-1', kind: 'qemu', group: null, wish: 'off', rule: 'never-merge' },
    ...{ reason: 'it fits "bank-*" of guests.neverMerge', standing: 'held', due_ms: null },
  });
  expect(new Set(told.guests.map((one) => Object.keys(one).join())).size).toBe(1);
});

test('without settings says that there are none', async () => {
  const { out } = await ask({ active: false, rows: [row('web', {})] });
  expect(out).toBe('The settings `guests` ask for nothing: each guest is left as it is. See docs/guest-policy.md.\n');
});

test('without an agent says how to start one', async () => {
  const { code, err } = await runCli(registerGuest, ['guest', 'policy', '--address', '127.0.0.1:1']);
  expect(code).toBe(1);
  expect(err).toContain('AGENT_UNREACHABLE');
});
