import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile, writeFileAtomic } from '../atomic-file.js';
import { errnoOf, KsmpilotError } from '../errors.js';
import { glanceAtProcess } from '../kernel/process-facts.js';

/**
 * What a guest's memory backends were set to before ksmpilot's first change, so that it can be put back:
 * STATEDIR/guest-merge.PID.START.json, one file for each running guest that was changed.
 */

const NAME = /^guest-merge\.(\d+)\.(\d+)\.json$/;

export interface GuestRun {
  readonly pid: number;
  /** Clock ticks after boot. */
  readonly startTicks: number;
}

/** `merge` of each backend, by its path. */
export type MergeRecord = ReadonlyMap<string, boolean>;

export class MergeRecords {
  readonly #dir: string;

  /** @param dir ours alone: state-dir.ts */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** @throws KsmpilotError STATE_DIR_UNUSABLE where the file is damaged */
  load(run: GuestRun): MergeRecord {
    const path = this.#path(run);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Map();
      throw unusable(path, errnoOf(error) ?? String(error), error);
    }
    return parse(text, path);
  }

  /**
   * Adds what is not kept yet: what came first is what goes back.
   *
   * @throws KsmpilotError STATE_DIR_UNUSABLE, and then nothing may be changed
   */
  keep(run: GuestRun, found: MergeRecord): void {
    const kept = this.load(run);
    const path = this.#path(run);
    try {
      writeFileAtomic(path, `${JSON.stringify(Object.fromEntries([...found, ...kept]))}\n`);
    } catch (error) {
      throw unusable(path, errnoOf(error) ?? String(error), error);
    }
  }

  forget(run: GuestRun): void {
    removeFile(this.#path(run));
  }

  /** Removes the records of guests that have ended. @param root where /proc is */
  prune(root = '/'): void {
    for (const name of readdirSync(this.#dir)) {
      const [, pid, startTicks] = (NAME.exec(name) ?? []).map(Number);
      if (pid === undefined || startTicks === undefined) continue;
      if (glanceAtProcess(root, pid)?.startTicks !== startTicks) this.forget({ pid, startTicks });
    }
  }

  #path({ pid, startTicks }: GuestRun): string {
    return join(this.#dir, `guest-merge.${pid}.${startTicks}.json`);
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
