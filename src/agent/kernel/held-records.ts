import { closeSync, openSync, statfsSync } from 'node:fs';

import { errnoOf, KsmpilotError } from '../errors.js';
import { ABSENT, readRecord, recordOf, unreadable } from './file.js';

/** Magic number of procfs (include/uapi/linux/magic.h). */
const PROC_SUPER_MAGIC = 0x9fa0;

const OUT_OF_DESCRIPTORS: ReadonlySet<string | undefined> = new Set(['EMFILE', 'ENFILE']);

/** Most files held open. Each takes a descriptor, and of the kernel's memory a page for its text. */
const HELD_MAX = 1_024;

/**
 * Files of /proc/PID that are read each second, kept open: a read from the start is generated anew (fs/seq_file.c) and
 * takes 5 us, where opening and closing as well takes 11 us.
 *
 * A held file stays that of its process: once that has gone a read fails with ESRCH, also when the pid is used again.
 * Only procfs says so, so nothing is held of other trees.
 */
export class HeldRecords {
  readonly #most: number;
  readonly #held = new Map<number, number>();
  #mayHold: boolean | undefined;

  /** @param most files held at once; the rest is opened each time */
  constructor(most = HELD_MAX) {
    this.#most = most;
  }

  get pids(): Iterable<number> {
    return this.#held.keys();
  }

  holds(pid: number): boolean {
    return this.#held.has(pid);
  }

  /**
   * The text of `path`, a file of process `pid` that the kernel prints in one piece; undefined where it does not exist.
   * Where the process whose file was held has gone, nothing is held of that pid afterwards, and a new one's is read.
   *
   * @throws KsmpilotError KSM_FILE_UNREADABLE
   */
  read(pid: number, path: string): string | undefined {
    const fd = this.#held.get(pid);
    if (fd === undefined) return readRecord(path);
    try {
      return recordOf(fd);
    } catch (error) {
      this.release(pid);
      if (!ABSENT.has(errnoOf(error))) throw unreadable(path, error);
      return readRecord(path);
    }
  }

  /** From now on `path` stays open, where that is possible: reads go on without. */
  hold(pid: number, path: string): void {
    if (this.#mayHold === false || this.#held.has(pid) || this.#held.size >= this.#most) return;
    try {
      this.#mayHold ??= statfsSync(path).type === PROC_SUPER_MAGIC;
      if (this.#mayHold) this.#held.set(pid, openSync(path, 'r'));
    } catch (error) {
      this.yieldAfter(error);
    }
  }

  release(pid: number): void {
    const fd = this.#held.get(pid);
    this.#held.delete(pid);
    if (fd !== undefined) closeSync(fd);
  }

  /** Where `error` says that descriptors ran out, others need them more: none is held from then on. */
  yieldAfter(error: unknown): void {
    const cause = error instanceof KsmpilotError ? error.cause : error;
    if (!OUT_OF_DESCRIPTORS.has(errnoOf(cause))) return;
    for (const pid of [...this.#held.keys()]) this.release(pid);
    this.#mayHold = false;
  }
}
