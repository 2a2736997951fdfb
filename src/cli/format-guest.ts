import type { Advice } from '../agent/guest-control/control.js';
import type { MergePlan } from '../agent/guest-control/merge-switch.js';
import type { MergeStanding } from '../agent/guest-control/standing.js';
import type { MergeGoal } from '../agent/model/guest-answer.js';
import type { GuestIdentity } from '../agent/model/guest.js';
import { formatBytes, printable } from './format.js';

/** What would be done, and what it takes. */
export function planText(guest: GuestIdentity, plan: MergePlan): string {
  const { backends, changes, standing, risk, room } = plan;
  const lines = [
    `${guest.name}: ${guest.kind}, pid ${guest.pids[0] ?? '-'}, ${guest.identity}`,
    ...guest.doubts.map((doubt) => `  note: ${doubt}`),
    row(
      'mergeable',
      `${formatBytes(standing.mergeableBytes)}, of which ${formatBytes(standing.anonymousBytes)} in use`,
    ),
    row('merged', `${formatBytes(standing.mergingBytes)} in KSM pages, ${formatBytes(standing.zeroBytes)} zero pages`),
    ...backends.map((backend) => {
      const change = changes.find((one) => one.backend === backend);
      const share = backend.share ? ', shared: the kernel never merges it' : '';
      const to = change === undefined ? '' : ` -> ${onOff(change.to)}`;
      return row(
        'memory',
        `${printable(backend.path)}, ${formatBytes(backend.sizeBytes)}, merge ${onOff(backend.merge)}${to}${share}`,
      );
    }),
  ];
  if (risk !== undefined) {
    lines.push(
      row('takes', `up to ${formatBytes(risk.neededBytes)}; the guest stands still while that is copied`),
      row('available', `${formatBytes(risk.availableBytes)}, of which ${formatBytes(risk.marginBytes)} must be left`),
    );
  }
  if (room !== undefined) {
    lines.push(row('limit', `${printable(room.group)} has room for ${formatBytes(room.roomBytes)}`));
  }
  if (changes.length === 0) lines.push('Nothing to change.');
  return `${lines.join('\n')}\n`;
}

export function outcomeText({ standing, changes }: MergePlan, after: MergeStanding): string {
  if (changes.length === 0) return 'Nothing was left to change.\n';
  const lines = [`Done: mergeable ${formatBytes(standing.mergeableBytes)} -> ${formatBytes(after.mergeableBytes)}.`];
  lines.push(
    changes.some(({ to }) => !to)
      ? "Its pages are its own again; the kernel's counters follow at ksmd's next visit."
      : 'ksmd merges it from its next visits on, if KSM runs.',
  );
  return `${lines.join('\n')}\n`;
}

export function adviceText(guest: GuestIdentity, { why, lines }: Advice): string {
  return [
    `${guest.name}: ${guest.kind}, pid ${guest.pids[0] ?? '-'}`,
    why,
    '',
    ...lines.map((line) => `  ${printable(line)}`),
    '',
  ]
    .join('\n')
    .concat('\n');
}

/** @param after undefined: nothing was done */
export function guestMergeJson(guest: GuestIdentity, plan: MergePlan, after: MergeStanding | undefined): object {
  return {
    ...identityJson(guest),
    state: plan.goal,
    method: 'qmp',
    changed: after !== undefined && plan.changes.length > 0,
    before: standingJson(plan.standing),
    after: after === undefined ? null : standingJson(after),
    backends: plan.backends.map((backend) => ({
      path: backend.path,
      size_bytes: backend.sizeBytes,
      merge: backend.merge,
      merge_to: plan.changes.find((one) => one.backend === backend)?.to ?? backend.merge,
      share: backend.share,
    })),
    risk:
      plan.risk === undefined
        ? null
        : {
            needed_bytes: plan.risk.neededBytes,
            available_bytes: plan.risk.availableBytes,
            margin_bytes: plan.risk.marginBytes,
            fits: plan.risk.fits && (plan.room === undefined || plan.risk.neededBytes <= plan.room.roomBytes),
            limit_group: plan.room?.group ?? null,
            limit_room_bytes: plan.room?.roomBytes ?? null,
          },
  };
}

export function adviceJson(guest: GuestIdentity, goal: MergeGoal, { why, lines }: Advice): object {
  return { ...identityJson(guest), state: goal, method: 'advice', changed: false, why, advice: lines };
}

function identityJson({ kind, name, id, identity, pids }: GuestIdentity): object {
  return { name, kind, id, identity, pids };
}

function standingJson({ mergeableBytes, mergingBytes, zeroBytes }: MergeStanding): object {
  return {
    mergeable_bytes: mergeableBytes,
    merging_bytes: mergingBytes ?? null,
    zero_bytes: zeroBytes ?? null,
  };
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(10)} ${value}`;
}

function onOff(merge: boolean): string {
  return merge ? 'on' : 'off';
}
