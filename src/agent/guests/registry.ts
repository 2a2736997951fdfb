/** Keeps who is who from one look to the next: each process is read a few times in its life, not each second. */

import type { GuestIdentity, ProcessFacts } from '../model/guest.js';
import { group } from './group.js';
import { type Claim, identify, refusal, unreadable } from './identify.js';
import { lone, Succession } from './succession.js';

/** As readProcessFacts of kernel/process-facts.ts gives it. */
export type Reading =
  | { readonly state: 'read'; readonly facts: ProcessFacts }
  | { readonly state: 'gone' }
  | { readonly state: 'refused'; readonly errno: string };

export type ReadFacts = (pid: number, startTicks: number) => Reading;

/** A process as the sample lists it. */
export interface Known {
  readonly pid: number;
  readonly startTicks: number;
  /** Decoded text; shown only while or where nothing can be read of the process. */
  readonly comm: string;
}

export interface RegistryUpdate {
  readonly guests: readonly GuestIdentity[];
  /** Processes that are not looked at yet; each is a guest of kind unknown until then. */
  readonly pending: ReadonlySet<number>;
}

/**
 * Most processes read in one update, and of these most that were not read before: a storm of short-lived processes must
 * not keep the others from their turn. A read takes 40 to 110 us, the longer for a machine with a long command line, and
 * what changes the table some ms more: 1,000 new machines take 2 % of a core until all are named, 40 s at one sample a
 * second.
 */
const LOOKS_MAX = 30;
const NEW_MAX = 25;

/** Most processes that are told apart; the rest is unknown. 16 times the guests of a big host; about 2 kB each. */
const CLAIMS_MAX = 16_384;

/**
 * When a process is looked at again, in milliseconds after each look: a launcher becomes the guest by exec and is moved
 * to its cgroup in its first seconds; later both are rare.
 */
const AGAIN_MS: readonly number[] = [2_000, 10_000];
const SETTLED_MS = 60_000;

/** Looks at settled processes are spread over this many slots by pid. */
const SLOTS = 16;

const NOT_YET = 'It is not looked at yet.';

interface Entry {
  readonly startTicks: number;
  readonly claim: Claim;
  readonly looks: number;
  /** Monotonic milliseconds. */
  readonly dueMs: number;
}

/** Bounded by the processes of the last update: who is no longer listed is forgotten. */
export class GuestRegistry {
  readonly #read: ReadFacts;
  readonly #entries = new Map<number, Entry>();
  readonly #succession = new Succession();
  /** The claims of the last update, and what came of them: most updates change nothing. */
  #claims: readonly Claim[] = [];
  #guests: readonly GuestIdentity[] = [];
  /** Of processes that were not looked at yet, by pid. */
  #unseen = new Map<number, GuestIdentity>();
  readonly #claimsMax: number;

  constructor(read: ReadFacts, options: { claimsMax?: number } = {}) {
    this.#read = read;
    this.#claimsMax = options.claimsMax ?? CLAIMS_MAX;
  }

  /**
   * @param processes each pid once
   * @param monoMs monotonic clock, milliseconds
   */
  update(processes: readonly Known[], monoMs: number): RegistryUpdate {
    this.#forget(processes);
    const gone = new Set<number>();
    for (const process of this.#due(processes, monoMs)) if (!this.#look(process, monoMs)) gone.add(process.pid);
    const claims: Claim[] = [];
    const unseen = new Map<number, GuestIdentity>();
    for (const process of processes) {
      const entry = this.#entries.get(process.pid);
      if (entry !== undefined) claims.push(entry.claim);
      else if (!gone.has(process.pid)) unseen.set(process.pid, this.#unseenGuest(process));
    }
    this.#unseen = unseen;
    const same = claims.length === this.#claims.length && claims.every((claim, index) => claim === this.#claims[index]);
    if (!same) this.#guests = this.#succession.name(group(claims), monoMs, youngest(processes));
    this.#claims = claims;
    return { guests: [...this.#guests, ...unseen.values()], pending: new Set(unseen.keys()) };
  }

  /** Nothing is known to be of one guest with it: it is one by itself. */
  #unseenGuest(process: Known): GuestIdentity {
    const full = this.#entries.size >= this.#claimsMax;
    const why = full ? `There are more than ${this.#claimsMax} processes.` : NOT_YET;
    const before = this.#unseen.get(process.pid);
    const same = before?.startTicks === process.startTicks && before.doubts[0] === why;
    return same ? before : lone(unreadable(process, why));
  }

  /** Whom to look at in this update: new ones in the order of the list, those seen before by how long they are due. */
  #due(processes: readonly Known[], monoMs: number): readonly Known[] {
    const fresh: Known[] = [];
    const again: { readonly process: Known; readonly dueMs: number }[] = [];
    const room = Math.min(NEW_MAX, this.#claimsMax - this.#entries.size);
    for (const process of processes) {
      const entry = this.#entries.get(process.pid);
      if (entry === undefined) {
        if (fresh.length < room) fresh.push(process);
      } else if (monoMs >= entry.dueMs) {
        again.push({ process, dueMs: entry.dueMs });
      }
    }
    again.sort((a, b) => a.dueMs - b.dueMs);
    return [...fresh, ...again.slice(0, LOOKS_MAX - fresh.length).map(({ process }) => process)];
  }

  #forget(processes: readonly Known[]): void {
    const startTicks = new Map(processes.map((process) => [process.pid, process.startTicks]));
    for (const [pid, entry] of this.#entries) {
      if (startTicks.get(pid) !== entry.startTicks) this.#entries.delete(pid);
    }
  }

  /** false: it has ended. What may not be read any more stays what it was. */
  #look(process: Known, monoMs: number): boolean {
    const entry = this.#entries.get(process.pid);
    const reading = this.#read(process.pid, process.startTicks);
    if (reading.state === 'gone') {
      this.#entries.delete(process.pid);
      return false;
    }
    const looks = (entry?.looks ?? 0) + 1;
    const wait = AGAIN_MS[looks - 1] ?? SETTLED_MS;
    const spread = entry === undefined ? ((process.pid % SLOTS) * wait) / SLOTS : 0;
    this.#entries.set(process.pid, {
      startTicks: process.startTicks,
      claim: claimAfter(process, reading, entry?.claim),
      looks,
      dueMs: monoMs + wait + spread,
    });
    return true;
  }
}

function youngest(processes: readonly Known[]): number {
  return processes.reduce((latest, { startTicks }) => Math.max(latest, startTicks), 0);
}

function claimAfter(process: Known, reading: Exclude<Reading, { state: 'gone' }>, before: Claim | undefined): Claim {
  if (reading.state === 'refused') return before ?? unreadable(process, refusal(reading.errno));
  // An ending process has lost its memory, and with it command line and binary, before it leaves the list.
  if (before?.machine === true && isEmptied(reading.facts)) return before;
  const text = JSON.stringify(identify(reading.facts));
  if (before !== undefined && text === JSON.stringify(before)) return before;
  // A copy: parts of a string keep the whole in memory, here command lines of many kB for a name each.
  return JSON.parse(text) as Claim;
}

function isEmptied({ exe, cmdline }: ProcessFacts): boolean {
  return exe === undefined && (cmdline ?? '') === '';
}
