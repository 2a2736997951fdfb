import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile, writeFileAtomic } from '../atomic-file.js';
import { errnoOf, KsmpilotError } from '../errors.js';
import { glanceAtProcess } from '../kernel/process-facts.js';

/**
 * What a guest's memory backends were set to before ksmpilot's first change, so that it can be put back:
 * STATEDIR/guest-merge.PID.START.json, one file for each running guest that was changed. What the agent's policy changed
 * is in files of its own, guest-policy.PID.START.json: it puts back its changes and never an operator's.
 */

/** Who changed it: an operator by a command or a call, or the policy by itself. */
export type RecordOwner = 'operator' | 'policy';

const STEMS: Readonly<Record<RecordOwner, string>> = { operator: 'guest-merge', policy: 'guest-policy' };

const NAME = /^(guest-merge|guest-policy)\.(\d+)\.(\d+)\.json$/;

export interface GuestRun {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTicks: number;
}

/** `merge` of each backend, by its path. */
export type MergeRecord = ReadonlyMap<string, boolean>;

/**
 * The records of one owner. An operator has the last word: what the policy has changed counts as his once he commands the
 * guest himself, and what was before the policy is what his `restore` puts back.
 */
export class MergeRecords {
  readonly #dir: string;
  readonly #owner: RecordOwner;

  /** @param dir ours alone: state-dir.ts */
  constructor(dir: string, owner: RecordOwner = 'operator') {
    this.#dir = dir;
    this.#owner = owner;
  }

  /** @throws KsmpilotError STATE_DIR_UNUSABLE where the file is damaged */
  load(run: GuestRun): MergeRecord {
    const own = this.#read(run, this.#owner);
    return this.#owner === 'policy' ? own : new Map([...this.#read(run, 'policy'), ...own]);
  }

  /**
   * Adds what is not kept yet: what came first is what goes back.
   *
   * @throws KsmpilotError STATE_DIR_UNUSABLE, and then nothing may be changed
   */
  keep(run: GuestRun, found: MergeRecord): void {
    this.#write(run, new Map([...found, ...this.load(run)]));
  }

  /** For an operator, before he changes something: what the policy has changed is his from now on. */
  claim(run: GuestRun): void {
    if (this.#owner === 'policy' || this.#read(run, 'policy').size === 0) return;
    this.#write(run, this.load(run));
    removeFile(this.#path(run, 'policy'));
  }

  forget(run: GuestRun): void {
    removeFile(this.#path(run, this.#owner));
    if (this.#owner === 'operator') removeFile(this.#path(run, 'policy'));
  }

  /** Runs that this owner has records of, ended ones included. */
  runs(): readonly GuestRun[] {
    const runs: GuestRun[] = [];
    for (const name of readdirSync(this.#dir)) {
      const [, stem, pid, startTicks] = NAME.exec(name) ?? [];
      if (stem === STEMS[this.#owner]) runs.push({ pid: Number(pid), startTicks: Number(startTicks) });
    }
    return runs;
  }

  /** Removes the records of guests that have ended. @param root where /proc is */
  prune(root = '/'): void {
    for (const run of this.runs()) {
      if (glanceAtProcess(root, run.pid)?.startTicks !== run.startTicks) removeFile(this.#path(run, this.#owner));
    }
  }

  #read(run: GuestRun, owner: RecordOwner): MergeRecord {
    const path = this.#path(run, owner);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Map();
      throw unusable(path, errnoOf(error) ?? String(error), error);
    }
    return parse(text, path);
  }

  #write(run: GuestRun, record: MergeRecord): void {
    const path = this.#path(run, this.#owner);
    try {
      writeFileAtomic(path, `${JSON.stringify(Object.fromEntries(record))}\n`);
    } catch (error) {
      throw unusable(path, errnoOf(error) ?? String(error), error);
    }
  }

  #path({ pid, startTicks }: GuestRun, owner: RecordOwner): string {
    return join(this.#dir, `${STEMS[owner]}.${pid}.${startTicks}.json`);
  }
}

function parse(text: string, path: string): MergeRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw unusable(path, 'it is no JSON', error);
  }
  if (typeof parsed !== 'object' || parsed === null) throw unusable(path, 'it is no record');
  const record = new Map<string, boolean>();
  for (const [backend, merge] of Object.entries(parsed)) {
    if (typeof merge !== 'boolean') throw unusable(path, `it holds ${JSON.stringify(merge)} for ${backend}`);
    record.set(backend, merge);
  }
  return record;
}

function unusable(path: string, why: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('STATE_DIR_UNUSABLE', `${path} cannot be used: ${why}`, {
    hint: 'Look at it, then remove it; what the guest was set to before is then no longer known.',
    cause,
  });
}
