/** `ksmpilot guest policy` as text and as JSON. Pure. */

import type { GuestPolicy__Output } from '../../proto/generated/ksmpilot/v1/GuestPolicy.js';
import type { GuestPolicyRow__Output } from '../../proto/generated/ksmpilot/v1/GuestPolicyRow.js';
import { formatDuration, printable } from './format.js';
import { clip, formatTable } from './format-table.js';

const NAME_WIDTH = 28;

const MODES = { MODE_OBSERVE: 'observe', MODE_ADVISE: 'advise', MODE_AUTO: 'auto', MODE_UNSPECIFIED: null } as const;

const WHAT_HAPPENS = {
  MODE_AUTO: 'Auto mode carries this out, a few guests at a time.',
  MODE_ADVISE: 'Advise mode: this is told as events, and nothing is switched.',
  MODE_OBSERVE: 'Observe mode: nothing is switched. Auto mode would carry this out.',
  MODE_UNSPECIFIED: '',
} as const;

/** In words, by standing. */
const STANDINGS: Readonly<Record<string, string>> = {
  held: 'is off, by the policy',
  switch: 'to be switched off',
  waits: 'to be switched off, later',
  operator: 'left as an operator set it',
  'by-hand': 'to be set by hand',
  watched: 'watched',
  soon: 'to be switched off soon',
};

export function guestPolicyText(policy: GuestPolicy__Output, nowMs: number): string {
  if (!policy.active && policy.rows.every(({ standing }) => standing === 'fits')) {
    return 'The settings `guests` ask for nothing: each guest is left as it is. See docs/guest-policy.md.\n';
  }
  const telling = policy.rows.filter(({ standing, rule }) => standing !== 'fits' || rule !== '');
  const table = formatTable(
    [{ head: 'GUEST' }, { head: 'GROUP' }, { head: 'MERGING' }, { head: 'RULE' }, { head: 'WHY' }],
    telling.map((row) => [
      clip(printable(row.name), NAME_WIDTH),
      row.group === '' ? '-' : row.group,
      standingText(row),
      row.rule === '' ? '-' : row.rule,
      printable(`${row.reason}${dueText(row, nowMs)}`),
    ]),
  );
  const others = policy.rows.length - telling.length;
  return [
    ...(policy.merging_group === '' ? [] : [`Of the groups, ${policy.merging_group} merges on this host.`]),
    ...(telling.length === 0 ? [] : table),
    `${others} ${others === 1 ? 'guest is' : 'guests are'} left as ${others === 1 ? 'it is' : 'they are'}.`,
    ...(telling.length === 0 ? [] : [WHAT_HAPPENS[policy.mode]]),
    '',
  ].join('\n');
}

function standingText({ standing, wish }: GuestPolicyRow__Output): string {
  if (standing === 'fits') return wish === 'off' ? 'is off' : 'as it is';
  if (wish === 'leave' && (standing === 'switch' || standing === 'waits')) return 'to be put back';
  return STANDINGS[standing] ?? standing;
}

function dueText({ due_ms: dueMs }: GuestPolicyRow__Output, nowMs: number): string {
  return dueMs === undefined ? '' : ` (in ${formatDuration(Math.max(0, dueMs - nowMs))})`;
}

/** Names are a contract with scripts: every key is always there, unknown is null. */
export function guestPolicyJson(policy: GuestPolicy__Output): object {
  return {
    active: policy.active,
    mode: MODES[policy.mode],
    merging_group: policy.merging_group === '' ? null : policy.merging_group,
    guests: policy.rows.map((row) => ({
      key: row.key,
      name: row.name,
      kind: row.kind,
      group: row.group === '' ? null : row.group,
      wish: row.wish,
      rule: row.rule === '' ? null : row.rule,
      reason: row.reason === '' ? null : row.reason,
      standing: row.standing,
      due_ms: row.due_ms ?? null,
    })),
  };
}
