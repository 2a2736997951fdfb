import { appendAudit, type PolicyActor } from './audit-log.js';
import { errnoOf, formatError, KsmpilotError } from './errors.js';
import type { MergeOutcome } from './guest-control/change-merge.js';
import { chooseGuest, withoutProcess } from './guest-control/find-guest.js';
import type { RecordOwner } from './guest-control/merge-record.js';
import type { DoJob } from './jobs/job.js';
import { JobQueue } from './jobs/queue.js';
import type { Log } from './log.js';
import type { MapAnswer, MergeAnswer, MergeGoal, WhyAnswer } from './model/guest-answer.js';
import type { GuestIdentity, GuestTable } from './model/guest.js';
import type { GuestCalls, MergeCall } from './rpc/port.js';

/** How long contents and ksmd are watched for an answer to "why not", seconds; as the command does. */
const WATCH_SECONDS = 2;

/** Two of the machine's threads at most look at guests, at the lowest priority. */
const LOOKS = { running: 2, waiting: 16, limitMs: 120_000 };

/** What a change would be is for who may change: whoever only looks must not keep him waiting. */
const PLANS = { running: 1, waiting: 16, limitMs: 120_000 };

/** Copying goes at 1 GiB/s and more, and QMP has limits of its own: this ends what hangs for good. */
const CHANGES = { running: 1, waiting: 16, limitMs: 3_600_000 };

const NEVER = new AbortController().signal;

export interface GuestDeskOptions {
  /** The guests at the newest sample. */
  readonly table: () => GuestTable | undefined;
  readonly doJob: DoJob;
  readonly isRoot: boolean;
  /** Where guests' former settings and the audit log are kept: the folder of the knobs, one a host. */
  readonly stateDir: string;
  readonly log: Log;
  readonly root?: string;
}

/** Answers about guests, and changes of their merging, one at a time. */
export class GuestDesk implements Pick<GuestCalls, 'why' | 'map' | 'merge'> {
  readonly #options: GuestDeskOptions;
  readonly #looks = new JobQueue(LOOKS);
  readonly #plans = new JobQueue(PLANS);
  readonly #changes = new JobQueue(CHANGES);
  #changed = 0;

  constructor(options: GuestDeskOptions) {
    this.#options = options;
  }

  async why(text: string, signal: AbortSignal): Promise<WhyAnswer> {
    const guest = this.#find(text);
    const { doJob, root = '/' } = this.#options;
    return this.#looks.run(`why ${guest.key}`, signal, (ending) =>
      doJob('why', { guest, watchSeconds: WATCH_SECONDS, root }, ending),
    );
  }

  async map(text: string, signal: AbortSignal): Promise<MapAnswer> {
    const guest = this.#find(text);
    const { doJob, root = '/' } = this.#options;
    return this.#looks.run(`map ${guest.key}`, signal, (ending) => doJob('map', { guest, root }, ending));
  }

  async merge({ guest: text, goal, dryRun, by }: MergeCall, signal: AbortSignal): Promise<MergeAnswer> {
    const guest = this.#find(text);
    if (!dryRun) return this.change({ guest, goal, owner: 'operator', by });
    const { doJob } = this.#options;
    const { answer } = await this.#plans.run(`merge ${goal} ${guest.key}`, signal, (ending) =>
      doJob('merge', { ...this.#place(guest, goal), owner: 'operator', dryRun }, ending),
    );
    return answer;
  }

  /**
   * Changes now, after those that were asked for before; one at a time, so that the memory that was found free for one is
   * not promised to another. Once begun it is not given up: a guest half switched helps nobody. Audited, failures too.
   *
   * @throws KsmpilotError as `merge`
   */
  async change(work: {
    readonly guest: GuestIdentity;
    readonly goal: MergeGoal;
    readonly owner: RecordOwner;
    readonly by: MergeCall['by'] | PolicyActor;
  }): Promise<MergeAnswer> {
    const { guest, goal, owner } = work;
    const { doJob, log } = this.#options;
    this.#changed += 1;
    try {
      const outcome = await this.#changes.run(`change ${this.#changed}`, NEVER, (ending) =>
        doJob('merge', { ...this.#place(guest, goal), owner, dryRun: false }, ending),
      );
      if (outcome.answer.changed) {
        log.info(`merging of ${guest.name} switched: ${goal}`, { guest: guest.key, by: work.by.via });
        this.#audit(work, outcome, 'done');
      }
      return outcome.answer;
    } catch (error) {
      this.#audit(work, { before: {}, after: {} }, formatError(error));
      throw error;
    }
  }

  #place(
    guest: GuestIdentity,
    goal: MergeGoal,
  ): { readonly guest: GuestIdentity; readonly goal: MergeGoal; readonly root: string; readonly stateDir: string } {
    const { root = '/', stateDir } = this.#options;
    return { guest, goal, root, stateDir };
  }

  /** @throws KsmpilotError NOT_ROOT, GUEST_ABSENT, GUEST_AMBIGUOUS */
  #find(text: string): GuestIdentity {
    const { table, isRoot } = this.#options;
    if (!isRoot) {
      throw new KsmpilotError('NOT_ROOT', "the kernel shows guests' memory to root only, and the agent is not root", {
        hint: 'Run the agent as root.',
      });
    }
    return identityOf(withoutProcess(chooseGuest(table()?.guests ?? [], text), process.pid));
  }

  #audit(
    { guest, goal, by }: Parameters<GuestDesk['change']>[0],
    { before, after }: Pick<MergeOutcome, 'before' | 'after'>,
    result: string,
  ): void {
    const { stateDir, log } = this.#options;
    const [pid] = guest.pids;
    try {
      const entry = { what: `guest merge ${goal}`, guest: guest.identity, before, after, result };
      appendAudit(stateDir, { ...entry, ...(pid === undefined ? {} : { pid }) }, by);
    } catch (error) {
      // The change is made or has failed by now: that must be told whatever becomes of the log.
      log.warn('not written to the audit log', { dir: stateDir, error: errnoOf(error) ?? String(error) });
    }
  }
}

/** What names a guest, without the rest of a row: that need not cross threads. */
export function identityOf({ kind, name, id, identity, key, pids, startTicks, doubts }: GuestIdentity): GuestIdentity {
  return { kind, name, id, identity, key, pids, startTicks, doubts };
}
