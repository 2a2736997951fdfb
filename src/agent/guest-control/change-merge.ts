/** One change of a guest's merging from beginning to end, or what it would be: for the agent and for the command. */

import { bytes } from '../../tuner/format.js';
import { KsmpilotError } from '../errors.js';
import { readHostFacts } from '../kernel/host-facts.js';
import { readProcessFacts } from '../kernel/process-facts.js';
import type { MergeAnswer, MergeGoal } from '../model/guest-answer.js';
import type { GuestIdentity, ProcessFacts } from '../model/guest.js';
import type { QmpOptions } from '../qmp/connection.js';
import { controlOf, type Advice } from './control.js';
import { MergeRecords, type RecordOwner } from './merge-record.js';
import { checkMemory, MergeSwitch, type MergePlan } from './merge-switch.js';
import type { MergeStanding } from './standing.js';

export interface MergePlace {
  readonly root: string;
  /** Where what guests were set to before is kept: ours alone. */
  readonly stateDir: string;
  /** Under whose name it is kept. */
  readonly owner: RecordOwner;
  readonly qmp?: QmpOptions;
}

export interface MergeOutcome {
  readonly answer: MergeAnswer;
  /** For the audit log. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/**
 * What moves the guest's merging, or what the operator does instead.
 *
 * @throws KsmpilotError PROCESS_ABSENT, STATE_DIR_UNUSABLE
 */
export function leverFor(guest: GuestIdentity, goal: MergeGoal, place: MergePlace): MergeSwitch | Advice {
  const { root, stateDir, owner, qmp } = place;
  const facts = factsOf(guest, root);
  const control = controlOf(guest, facts, goal !== 'off');
  if (control.type === 'advice') return control;
  const records = new MergeRecords(stateDir, owner);
  const { pageSize } = readHostFacts(root);
  return new MergeSwitch({ root, pageSize, records, ...(qmp === undefined ? {} : { qmp }) }, facts, control);
}

/**
 * @throws KsmpilotError MEMORY_SHORT unless it is a dry run, which tells instead; MERGE_NOT_FOLLOWED; those of QMP
 */
export async function changeMerge(
  guest: GuestIdentity,
  goal: MergeGoal,
  options: MergePlace & { readonly dryRun: boolean },
): Promise<MergeOutcome> {
  const lever = leverFor(guest, goal, options);
  if (!(lever instanceof MergeSwitch)) {
    return { answer: { ...NOTHING, ...named(guest), steps: [lever.why], advice: lever.lines }, before: {}, after: {} };
  }
  if (!options.dryRun) {
    const { plan, after } = await lever.carryOut(goal);
    return { answer: answerOf(guest, plan, after), ...auditFigures(plan, after) };
  }
  const plan = await lever.plan(goal);
  return { answer: answerOf(guest, plan, undefined), ...auditFigures(plan, undefined) };
}

/** How the guest stood and stands, backend by backend. @param after undefined: nothing was done */
export function auditFigures(
  plan: MergePlan,
  after: MergeStanding | undefined,
): { readonly before: Readonly<Record<string, unknown>>; readonly after: Readonly<Record<string, unknown>> } {
  return {
    before: {
      mergeable_bytes: plan.standing.mergeableBytes,
      ...Object.fromEntries(plan.backends.map(({ path, merge }) => [path, merge])),
    },
    after:
      after === undefined
        ? {}
        : {
            mergeable_bytes: after.mergeableBytes,
            ...Object.fromEntries(plan.changes.map(({ backend, to }) => [backend.path, to])),
          },
  };
}

const NOTHING = {
  changed: false,
  feasible: false,
  neededBytes: undefined,
  usableBytes: undefined,
  mergeableBeforeBytes: undefined,
  mergeableAfterBytes: undefined,
};

function named({ key, name }: GuestIdentity): Pick<MergeAnswer, 'key' | 'name'> {
  return { key, name };
}

function answerOf(guest: GuestIdentity, plan: MergePlan, after: MergeStanding | undefined): MergeAnswer {
  const { changes, risk, room, standing } = plan;
  const changed = after !== undefined && changes.length > 0;
  const onHost = risk === undefined ? undefined : Math.max(0, risk.availableBytes - risk.marginBytes);
  const usable = Math.min(onHost ?? Infinity, room?.roomBytes ?? Infinity);
  return {
    ...named(guest),
    changed,
    feasible: after === undefined && changes.length > 0 && refusalOf(plan) === undefined,
    steps: stepsOf(plan, after),
    advice: [],
    neededBytes: risk?.neededBytes,
    usableBytes: Number.isFinite(usable) ? usable : undefined,
    mergeableBeforeBytes: standing.mergeableBytes,
    mergeableAfterBytes: changed ? after.mergeableBytes : undefined,
  };
}

function stepsOf(plan: MergePlan, after: MergeStanding | undefined): readonly string[] {
  const { changes, risk, standing } = plan;
  if (changes.length === 0) return ['Nothing to change: its memory is as asked for already.'];
  const done = after !== undefined;
  const steps = changes.map(({ backend, to }) => {
    const shared = backend.share ? ' It is shared: the kernel never merges it.' : '';
    const how = `merge of ${backend.path} (${bytes(backend.sizeBytes)}) from ${onOff(backend.merge)} to ${onOff(to)}`;
    return `${done ? 'QEMU switched' : 'QEMU is told over QMP to switch'} ${how}.${shared}`;
  });
  if (risk !== undefined && risk.neededBytes > 0 && !done) {
    steps.push(`Up to ${bytes(risk.neededBytes)} are copied; the guest stands still meanwhile.`);
  }
  if (done) {
    steps.push(`Its mergeable memory went from ${bytes(standing.mergeableBytes)} to ${bytes(after.mergeableBytes)}.`);
    return steps;
  }
  const refusal = refusalOf(plan);
  if (refusal !== undefined) steps.push(`It would be refused: ${refusal}.`);
  return steps;
}

function refusalOf(plan: MergePlan): string | undefined {
  try {
    checkMemory(plan);
    return undefined;
  } catch (error) {
    if (error instanceof KsmpilotError) return error.message;
    throw error;
  }
}

/** @throws KsmpilotError PROCESS_ABSENT */
function factsOf({ pids, startTicks, name }: GuestIdentity, root: string): ProcessFacts {
  const reading = readProcessFacts(root, pids[0] ?? 0, startTicks);
  if (reading.state === 'read') return reading.facts;
  throw new KsmpilotError('PROCESS_ABSENT', `${name} has ended, or may not be read`, {
    hint: 'Look again; was it restarted?',
  });
}

function onOff(merge: boolean): string {
  return merge ? 'on' : 'off';
}
