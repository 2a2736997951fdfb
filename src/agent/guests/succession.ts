/** Gives groups of processes their identity, and keeps it while they live. Pure but for its memory. */

import type { GuestIdentity } from '../model/guest.js';
import type { Group } from './group.js';
import type { Claim } from './identify.js';

/**
 * How long two of one identity may run side by side and the later still be the restarted one, in milliseconds: the old
 * process gives back its memory while the new one starts, some seconds for a terabyte.
 */
const HANDOVER_MS = 30_000;

interface Run {
  /** What its history is kept under. */
  identity: string;
  /** What it says it is. */
  readonly said: string;
  /** Its main process: that of the first look, for as long as any process of the group is known. */
  readonly startTicks: number;
  readonly pid: number;
  /** When it was first seen; -Infinity: it was there before. */
  readonly sinceMs: number;
  /** Processes of the last update, pid to start. */
  processes: ReadonlyMap<number, number>;
}

/**
 * One identity belongs to one run at a time. Who comes second while the first lives is told apart by pid and start, and
 * stays so, unless the first ends within seconds: then it was a restart, and the history goes on.
 */
export class Succession {
  /** By the group's name; see `Claim.group`. */
  #runs = new Map<string, Run>();
  /** The latest start among the processes of the first update: who is not younger has lived side by side for long. */
  #firstTicks: number | undefined;

  /** @param youngestTicks latest start among all processes, those included that are not told apart yet */
  name(groups: readonly Group[], monoMs: number, youngestTicks: number): readonly GuestIdentity[] {
    const ordered = [...groups].sort((a, b) => byStart(a.main, b.main));
    const firstTicks = (this.#firstTicks ??= youngestTicks);
    const runs = new Map<string, Run>();
    for (const group of ordered) {
      const since = group.main.startTicks <= firstTicks ? -Infinity : monoMs;
      runs.set(group.main.group, this.#continued(group) ?? started(group, since));
    }
    this.#runs = runs;

    const holders = this.#settle(monoMs);
    const uuids = sharedUuids(ordered);
    return ordered.map((group) => {
      const run = runs.get(group.main.group);
      if (run === undefined) throw new Error('a group without a run');
      return identityOf(group, run, [...rivals(run, holders), ...sameUuid(group.main, uuids)]);
    });
  }

  #continued(group: Group): Run | undefined {
    const run = this.#runs.get(group.main.group);
    if (run === undefined || run.said !== said(group.main)) return undefined;
    if (!group.members.some((one) => run.processes.get(one.pid) === one.startTicks)) return undefined;
    run.processes = processesOf(group);
    return run;
  }

  /** Each identity to its holder; those of the same word that do not hold it get one of their own. */
  #settle(monoMs: number): ReadonlyMap<string, Run[]> {
    const bySaid = new Map<string, Run[]>();
    for (const run of this.#runs.values()) {
      const others = bySaid.get(run.said);
      if (others === undefined) bySaid.set(run.said, [run]);
      else others.push(run);
    }
    for (const [word, claimants] of bySaid) {
      const holder =
        claimants.find((run) => run.identity === word) ??
        claimants.find((run) => run.identity === '' || monoMs - run.sinceMs <= HANDOVER_MS);
      if (holder !== undefined) holder.identity = word;
      for (const run of claimants) if (run !== holder) run.identity = `${word}~${run.pid}@${run.startTicks}`;
    }
    return bySaid;
  }
}

function started(group: Group, sinceMs: number): Run {
  const { startTicks, pid } = group.main;
  return { identity: '', said: said(group.main), startTicks, pid, sinceMs, processes: processesOf(group) };
}

/** A guest that is one process, which nobody else can claim to be. */
export function lone(main: Claim): GuestIdentity {
  return identityOf({ main, members: [main] }, { ...started({ main, members: [main] }, 0), identity: said(main) }, []);
}

function said({ kind, id, domain }: Claim): string {
  return `${kind}/${id}${domain === '' ? '' : `@${domain}`}`;
}

function processesOf({ members }: Group): ReadonlyMap<number, number> {
  return new Map(members.map(({ pid, startTicks }) => [pid, startTicks]));
}

function identityOf({ main, members }: Group, run: Run, disputes: readonly string[]): GuestIdentity {
  return {
    kind: main.kind,
    name: main.name,
    id: main.id,
    identity: run.identity,
    key: `${run.identity}#${run.startTicks}.${run.pid}`,
    pids: members.map(({ pid }) => pid),
    startTicks: run.startTicks,
    doubts: [...main.doubts, ...disputes],
  };
}

/** What nearly all guests have to say; not an array for each of thousands. */
const NONE: readonly string[] = [];

function rivals(run: Run, bySaid: ReadonlyMap<string, Run[]>): readonly string[] {
  const claimants = bySaid.get(run.said) ?? [];
  if (claimants.length < 2) return NONE;
  const others = claimants.filter((other) => other !== run).map(({ pid }) => pid);
  return [
    others.length === 1
      ? `Process ${listed(others)} says it is the same guest.`
      : `Processes ${listed(others)} say they are the same guest.`,
  ];
}

/** The same UUID under another kind, user or container: told apart as it is, and still worth a word. */
function sameUuid(main: Claim, uuids: ReadonlyMap<string, Claim[]>): readonly string[] {
  const holders = main.uuid === undefined ? [] : (uuids.get(main.uuid) ?? []);
  if (holders.length < 2) return NONE;
  const others = holders.filter((other) => said(other) !== said(main)).map(({ pid }) => pid);
  return others.length === 0
    ? NONE
    : [
        others.length === 1
          ? `Process ${listed(others)} has the same UUID.`
          : `Processes ${listed(others)} have the same UUID.`,
      ];
}

function sharedUuids(groups: readonly Group[]): ReadonlyMap<string, Claim[]> {
  const uuids = new Map<string, Claim[]>();
  for (const { main } of groups) {
    if (main.uuid === undefined) continue;
    const others = uuids.get(main.uuid);
    if (others === undefined) uuids.set(main.uuid, [main]);
    else others.push(main);
  }
  return uuids;
}

/** At most three. */
function listed(pids: readonly number[]): string {
  const shown = pids.slice(0, 3).join(', ');
  return pids.length > 3 ? `${shown} and ${pids.length - 3} more` : shown;
}

function byStart(a: Claim, b: Claim): number {
  return a.startTicks - b.startTicks || a.pid - b.pid;
}
