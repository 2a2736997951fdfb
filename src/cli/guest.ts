import { Argument, type Command } from 'commander';
import { appendAudit } from '../agent/audit-log.js';
import { errnoOf, formatError, KsmpilotError } from '../agent/errors.js';
import { auditFigures, leverFor } from '../agent/guest-control/change-merge.js';
import type { Advice } from '../agent/guest-control/control.js';
import { chooseGuest, listGuests } from '../agent/guest-control/find-guest.js';
import { MergeRecords } from '../agent/guest-control/merge-record.js';
import { checkMemory, MergeSwitch, type MergePlan } from '../agent/guest-control/merge-switch.js';
import type { MergeStanding } from '../agent/guest-control/standing.js';
import type { MergeGoal } from '../agent/model/guest-answer.js';
import type { GuestIdentity } from '../agent/model/guest.js';
import { defaultStateDir, ensureStateDir, knobDir } from '../agent/state-dir.js';
import { confirm } from './confirm.js';
import { registerGuestPolicy } from './guest-policy.js';
import { adviceJson, adviceText, guestMergeJson, outcomeText, planText } from './format-guest.js';
import { processIo, writeJson, type Io } from './io.js';

interface GuestFlags {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** Where the host's files are, for tests. */
export interface GuestHost {
  readonly root: string;
  readonly isRoot: boolean;
  /** Where the audit log and what guests were set to before are kept. */
  readonly stateDir: string;
  readonly guests: () => readonly GuestIdentity[];
}

const THIS_HOST: GuestHost = {
  root: '/',
  isRoot: process.geteuid?.() === 0,
  stateDir: knobDir(defaultStateDir()),
  guests: listGuests,
};

const NOTES = `
GUEST is a name, an id (UUID, VMID, container id, unit) or a process id. What would be done, what the guest saves and
whether the host can hold it are told first; then you are asked.

restore puts back what the guest was set to before the first change by ksmpilot.
Only a QEMU with a QMP socket is switched while it runs; for all others, what to set is printed, and the exit code is 1.
Needs root. Each change is one line of audit.log in the state folder.`;

export function registerGuest(program: Command, io: Io = processIo, host: GuestHost = THIS_HOST): void {
  const command = program
    .command('guest')
    .description('switch the merging of one guest off or on while it runs, after a look at what that takes')
    .argument('<guest>', 'name, id or pid')
    .addArgument(new Argument('<what>', 'of it').choices(['merge']))
    .addArgument(new Argument('<state>', 'to what').choices(['off', 'on', 'restore']))
    .option('--yes', 'do not ask')
    .option('--dry-run', 'tell what would be done, change nothing')
    .option('--json', 'one JSON object')
    .addHelpText('after', NOTES)
    .action(async (text: string, _what: string, goal: MergeGoal, flags: GuestFlags) => {
      if (!host.isRoot) {
        throw new KsmpilotError('NOT_ROOT', "a guest's monitor and what the kernel tells of its memory are root's", {
          hint: `Run \`sudo ksmpilot guest ${text} merge ${goal}\`.`,
        });
      }
      const guest = chooseGuest(host.guests(), text);
      const stateDir = ensureStateDir(host.stateDir);
      const lever = leverFor(guest, goal, { root: host.root, stateDir, owner: 'operator' });
      if (!(lever instanceof MergeSwitch)) {
        refuse(io, flags, guest, goal, lever);
        return;
      }
      new MergeRecords(stateDir).prune(host.root);
      await switchMerging({ io, flags, guest, goal, stateDir: host.stateDir, lever });
    });
  registerGuestPolicy(command, io);
}

interface Switching {
  readonly io: Io;
  readonly flags: GuestFlags;
  readonly guest: GuestIdentity;
  readonly goal: MergeGoal;
  readonly stateDir: string;
  readonly lever: MergeSwitch;
}

async function switchMerging(work: Switching): Promise<void> {
  const { io, flags, guest, goal, lever } = work;
  const planned = await lever.plan(goal);
  const json = flags.json === true;
  if (!json) io.stdout.write(planText(guest, planned));
  const done = flags.dryRun === true || planned.changes.length === 0;
  if (json && done) writeJson(io, guestMergeJson(guest, planned, undefined));
  checkMemory(planned);
  if (done) return;
  if (flags.yes !== true) await confirm(io, `Switch the merging of ${guest.name}?`);
  const { plan, after } = await carryOut(work, planned);
  if (json) writeJson(io, guestMergeJson(guest, plan, after));
  else io.stdout.write(outcomeText(plan, after));
}

/** Every try is in the audit log, with how it ended. */
async function carryOut(
  work: Switching,
  planned: MergePlan,
): Promise<{ readonly plan: MergePlan; readonly after: MergeStanding }> {
  const { goal, lever } = work;
  try {
    const outcome = await lever.carryOut(goal);
    audit(work, outcome.plan, outcome.after, 'done');
    return outcome;
  } catch (error) {
    audit(work, planned, undefined, formatError(error));
    throw error;
  }
}

function audit(work: Switching, plan: MergePlan, after: MergeStanding | undefined, result: string): void {
  const { io, guest, goal, stateDir } = work;
  try {
    const { pids } = guest;
    appendAudit(stateDir, {
      what: `guest merge ${goal}`,
      guest: guest.identity,
      ...(pids[0] === undefined ? {} : { pid: pids[0] }),
      ...auditFigures(plan, after),
      result,
    });
  } catch (error) {
    // The change is made or has failed by now: that must be told whatever becomes of the log.
    io.stderr.write(`Note: not written to the audit log in ${stateDir}: ${errnoOf(error) ?? String(error)}\n`);
  }
}

function refuse(io: Io, flags: GuestFlags, guest: GuestIdentity, goal: MergeGoal, advice: Advice): void {
  if (flags.json === true) writeJson(io, adviceJson(guest, goal, advice));
  else io.stdout.write(adviceText(guest, advice));
  throw new KsmpilotError('GUEST_NOT_STEERED', `ksmpilot does not switch ${guest.name} (${guest.kind}) itself`, {
    hint: 'Do what is printed above.',
  });
}
