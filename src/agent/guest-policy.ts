import type { Mode } from '../tuner/types.js';
import { formatError, KsmpilotError } from './errors.js';
import { identityOf, type GuestDesk } from './guest-desk.js';
import type { MergeRecords } from './guest-control/merge-record.js';
import type { Log } from './log.js';
import type { AgentEventBody } from './model/event.js';
import type { GuestIdentity, GuestRow, GuestTable } from './model/guest.js';
import type { GuestPolicyAnswer, GuestPolicyStep } from './model/guest-policy.js';
import { decide, type PolicyDecision } from './policy/decide.js';
import type { PolicyAction, PolicyGuest } from './policy/policy-guest.js';
import type { PolicySettings } from './policy/settings.js';
import { INITIAL_POLICY, noteFailed, noteSwitched, type PolicyState } from './policy/state.js';

/** Between two turns, milliseconds: so long at most a guest that must not merge is offered before it is switched. */
const EVERY_MS = 5000;

/** Longest time that putting guests back may take at the agent's end; what is left then is kept for the next start. */
const LEAVE_MS = 45_000;

export interface GuestPolicyOptions {
  readonly settings: PolicySettings;
  /** Leave guests as they are when auto mode ends. */
  readonly keepAtExit: boolean;
  readonly table: () => GuestTable | undefined;
  readonly mode: () => Mode;
  readonly paused: () => boolean;
  readonly change: GuestDesk['change'];
  /** Of guests that the policy has switched, and of those that an operator has. */
  readonly records: { readonly policy: MergeRecords; readonly operator: MergeRecords };
  readonly control: (guest: GuestIdentity) => PolicyGuest['control'];
  /** Is it this agent that may move this host's knobs, or none? What another one has switched is left alone. */
  readonly isAlone: () => boolean;
  readonly emit: (event: AgentEventBody) => void;
  /** Monotonic and wall clock, milliseconds. */
  readonly monoMs: () => number;
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Carries out what the settings want of guests: in auto mode by switching, in advise mode by saying so. What it switched it
 * puts back when auto mode ends, and a later agent does where this one was killed.
 */
export class GuestPolicy {
  readonly #options: GuestPolicyOptions;
  #state: PolicyState = INITIAL_POLICY;
  /** Keys of guests that this agent has switched off: one of them without a record was put back by an operator. */
  readonly #switched = new Set<string>();
  readonly #handedBack = new Set<string>();
  /** By key; what can be done with a guest does not change while it runs. */
  #controls = new Map<string, PolicyGuest['control']>();
  /** Advice given, by key, so that it is given once. */
  #advised = new Map<string, string>();
  #lastMode: Mode | undefined;
  #dueMs = -Infinity;
  #turn: Promise<void> | undefined;
  #isRunning = false;

  constructor(options: GuestPolicyOptions) {
    this.#options = options;
  }

  /** Turns are taken from now on: the mode is what the settings say. */
  start(): void {
    this.#isRunning = true;
  }

  /** To be called with each sample. Returns at once; a turn that lasts is not doubled. */
  tick(): void {
    const { monoMs, mode, log } = this.#options;
    const changed = this.#lastMode !== mode();
    if (!this.#isRunning || this.#turn !== undefined || (!changed && monoMs() < this.#dueMs)) return;
    this.#dueMs = monoMs() + EVERY_MS;
    this.#lastMode = mode();
    this.#turn = this.#take()
      .catch((error: unknown) => log.error('the policy for guests failed', { error: formatError(error) }))
      .finally(() => {
        this.#turn = undefined;
      });
  }

  /** What it makes of each guest now. */
  report(): GuestPolicyAnswer {
    const { monoMs, now, mode } = this.#options;
    const { rows, state } = this.#decide();
    const toWall = now() - monoMs();
    return {
      active: this.#isActive,
      mode: mode(),
      mergingGroup: state.holder?.group,
      rows: rows.map(({ guest, group, wish, rule, reason, standing, dueMs }) => ({
        key: guest.key,
        name: guest.name,
        kind: guest.kind,
        group,
        wish,
        rule,
        reason,
        standing,
        dueMs: dueMs === undefined ? undefined : Math.round(dueMs + toWall),
      })),
    };
  }

  /** At the agent's end, when auto mode is left. @throws KsmpilotError where guests could not be put back */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#turn;
    await this.#putBack(performance.now() + LEAVE_MS);
  }

  get #isActive(): boolean {
    const { neverMerge, groups, optOut } = this.#options.settings;
    return neverMerge.length > 0 || groups.length > 0 || optOut.enabled;
  }

  async #take(): Promise<void> {
    const { mode, paused, log } = this.#options;
    for (const records of Object.values(this.#options.records)) records.prune();
    if (mode() !== 'auto') {
      await this.#putBack(performance.now() + LEAVE_MS).catch((error: unknown) =>
        log.warn('guests were not put back', { error: formatError(error) }),
      );
      if (mode() !== 'advise') return;
    }
    if (paused() || this.#options.table() === undefined) return;
    const { state, actions, notices } = this.#decide();
    this.#state = state;
    for (const { key, name, what, rule, reason } of notices) this.#tell({ key, name, what, rule, reason });
    if (mode() === 'advise') this.#advise(actions);
    else for (const action of actions) await this.#carryOut(action);
  }

  #decide(): PolicyDecision {
    const { settings, monoMs } = this.#options;
    return decide({ guests: this.#guests(), settings, state: this.#state, nowMs: monoMs() });
  }

  async #carryOut(action: PolicyAction): Promise<void> {
    const { change, monoMs, mode } = this.#options;
    const guest = this.#row(action.key);
    // Time has passed since it was decided.
    if (guest === undefined || mode() !== 'auto' || !this.#isRunning) return;
    const { key, name, goal, rule, reason } = action;
    try {
      const by = { via: 'policy', rule: rule ?? 'none' } as const;
      const { changed } = await change({ guest: identityOf(guest), goal, owner: 'policy', by });
      this.#state = noteSwitched(this.#state, action, changed, monoMs());
      if (goal === 'off' && changed) this.#switched.add(key);
      if (goal === 'restore') this.#switched.delete(key);
      if (changed) this.#tell({ key, name, what: goal === 'off' ? 'off' : 'restored', rule, reason });
    } catch (error) {
      this.#state = noteFailed(this.#state, action, monoMs());
      this.#tell({ key, name, what: 'failed', rule, reason: `${reason}: ${formatError(error)}` });
    }
  }

  /** Each only once, until it is another. */
  #advise(actions: readonly PolicyAction[]): void {
    const told = new Map<string, string>();
    for (const { key, name, goal, rule, reason } of actions) {
      const what = goal === 'off' ? 'would-off' : 'would-restore';
      const saying = `${what} ${rule ?? ''}`;
      told.set(key, saying);
      if (this.#advised.get(key) !== saying) this.#tell({ key, name, what, rule, reason });
    }
    const here = new Set(this.#options.table()?.guests.map(({ key }) => key));
    this.#advised = new Map([...this.#advised, ...told].filter(([key]) => here.has(key)));
  }

  /**
   * All that the policy has switched, by this agent or one that was killed. Another one that lives keeps what it holds.
   *
   * @throws KsmpilotError where some could not be put back; their records stay
   */
  async #putBack(untilMs: number): Promise<void> {
    const { records, keepAtExit, isAlone, change, table, monoMs } = this.#options;
    if (keepAtExit || !isAlone()) return;
    const runs = records.policy.runs();
    if (runs.length === 0) return;
    const left: string[] = [];
    for (const run of runs) {
      const guest = table()?.guests.find(
        ({ pids, startTicks }) => pids[0] === run.pid && startTicks === run.startTicks,
      );
      if (guest === undefined || performance.now() > untilMs) {
        if (!this.#isRunning) left.push(`process ${run.pid}`);
        continue;
      }
      const { key, name } = guest;
      if (this.#isRunning && monoMs() < (this.#state.waiting.get(key)?.untilMs ?? -Infinity)) continue;
      const told = { key, name, rule: 'leaving' } as const;
      try {
        const by = { via: 'policy', rule: 'leaving' } as const;
        await change({ guest: identityOf(guest), goal: 'restore', owner: 'policy', by });
        this.#tell({ ...told, what: 'restored', reason: 'auto mode has ended' });
      } catch (error) {
        if (error instanceof KsmpilotError && error.code === 'PROCESS_ABSENT') continue;
        left.push(name);
        this.#state = noteFailed(this.#state, { key }, monoMs());
        this.#tell({ ...told, what: 'failed', reason: formatError(error) });
      }
    }
    const { told, waiting } = this.#state;
    this.#state = { ...INITIAL_POLICY, told, waiting };
    this.#switched.clear();
    this.#handedBack.clear();
    if (left.length === 0) return;
    throw new KsmpilotError('GUEST_NOT_STEERED', `merging stays switched off in ${left.join(', ')}`, {
      hint: 'The log names each cause; `ksmpilot guest GUEST merge restore` puts it back, and so does the next agent.',
    });
  }

  #guests(): readonly PolicyGuest[] {
    const { table, records } = this.#options;
    const policy = new Set(records.policy.runs().map(runName));
    const operator = new Set(records.operator.runs().map(runName));
    const rows = table()?.guests ?? [];
    const controls = new Map<string, PolicyGuest['control']>();
    const guests = rows.map((row): PolicyGuest => {
      const name = runName({ pid: row.pids[0] ?? 0, startTicks: row.startTicks });
      const held = policy.has(name);
      if (this.#switched.has(row.key) && !held) this.#handedBack.add(row.key);
      const control = this.#controls.get(row.key) ?? (this.#isActive ? this.#options.control(row) : null);
      controls.set(row.key, control);
      const byOperator = operator.has(name) || this.#handedBack.has(row.key);
      return guestOf(row, byOperator ? 'operator' : held ? 'policy' : null, control);
    });
    this.#controls = controls;
    for (const kept of [this.#switched, this.#handedBack])
      for (const key of kept) if (!controls.has(key)) kept.delete(key);
    return guests;
  }

  #row(key: string): GuestRow | undefined {
    return this.#options.table()?.guests.find((row) => row.key === key);
  }

  #tell(step: GuestPolicyStep): void {
    this.#options.emit({ kind: 'guest-policy', step });
    const { key, name, what, rule, reason } = step;
    const level = what === 'failed' ? 'warn' : 'info';
    this.#options.log[level](`guest policy: ${name}: ${what}`, { guest: key, rule: rule ?? '', reason });
  }
}

function runName({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }): string {
  return `${pid}.${startTicks}`;
}

function guestOf(row: GuestRow, heldBy: PolicyGuest['heldBy'], control: PolicyGuest['control']): PolicyGuest {
  const { key, identity, kind, name, id, merge, mergeableBytes, worthCores, mergesTotal, cowBreaksTotal } = row;
  const { mergeLifetimeP50Sec } = row;
  return {
    ...{ key, identity, kind, name, id, merge, mergeableBytes, worthCores, mergesTotal, cowBreaksTotal },
    ...{ mergeLifetimeP50Sec, heldBy, control },
  };
}
