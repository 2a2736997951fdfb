import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { formatError } from '../errors.js';
import type { ProcessRaw, SourceReport } from '../model/raw.js';
import { readRecord } from './file.js';
import { HeldRecords } from './held-records.js';
import { parseCount } from './number.js';
import { hasKsm, type KsmStat, listPids, parseKsmStat, parsePidStat, parseStatmAnon, pidDir } from './pid.js';

const NAME = 'processes';

/**
 * How often /proc is listed, in milliseconds: the kernel takes about 2 us for each process to list it, ten times what
 * this class takes for a process that is not due. A guest that starts is seen that much later without probes; with them
 * it is in `extraPids` at once.
 */
const LIST_MS = 3_000;

/**
 * How long "nothing to do with KSM" counts for a process, in milliseconds. A new process is looked at as soon as it is
 * listed, and the probes tell of a process that enters KSM later, so this is only for those that madvise late on a host
 * without probes. One look costs 8 us and takes the process's mmap lock (ksm_stat, 6.14+): at 10 s, 5,000 processes
 * cost 4 ms a second.
 */
const RECHECK_MS = 10_000;

/**
 * The same for kernel threads, which are most tasks of a big host and can never take part. Not for ever, since a pid
 * is used again.
 */
const RECHECK_KERNEL_THREAD_MS = 60_000;

/** Re-checks are spread over this many slots by pid, so that those of a first scan do not all fall due at once. */
const SLOTS = 10;

/** How long name and start time of a process count, in milliseconds: exec and prctl change names, seldom. */
const IDENTITY_MS = 10_000;

/**
 * How long a process's anonymous memory counts once more than MANY processes are found, in milliseconds: it is a file of
 * its own to read for each, a third of what the scan costs, and it grows or shrinks by a small part in that time. Of few
 * processes it is read each time.
 */
const RSS_MS = 4_000;
const MANY = 32;

/** Reads are spread over this many slots by pid. */
const RSS_SLOTS = 4;

interface Identity {
  readonly comm: string;
  readonly startTicks: number;
  readonly validUntil: number;
}

export interface ProcessScan {
  readonly processes: readonly ProcessRaw[];
  /** See `Sample.seesOffers`. */
  readonly seesOffers: boolean;
  readonly report: SourceReport;
}

/** What one look at a process found. */
type Look =
  | { readonly kind: 'found'; readonly process: ProcessRaw }
  /** Reads fine, and KSM keeps nothing for it. */
  | { readonly kind: 'no-ksm' }
  /** A kernel thread or a zombie: its KSM files are empty. */
  | { readonly kind: 'no-memory' }
  | { readonly kind: 'gone' };

/**
 * Finds the processes that KSM has to do with and reads them.
 *
 * Each scan reads those found before and those asked for; of the rest of /proc, listed every few seconds, those that are
 * new and those whose last look is too old.
 */
export class ProcessScanner {
  readonly #root: string;
  readonly #now: () => number;
  /** Which files this kernel has: ksm_merging_pages 5.19, ksm_stat 6.1. */
  #files: { readonly ksmStat: boolean; readonly mergingPages: boolean } | undefined;
  #sees: boolean | undefined;
  /** /proc's listing, ascending, and the same as a set. */
  #pids: readonly number[] = [];
  #listed: ReadonlySet<number> = new Set();
  #listAgainAt = -Infinity;
  /** Processes that the last scan returned. */
  readonly #found = new Set<number>();
  readonly #identities = new Map<number, Identity>();
  /** When to look again, by pid; monotonic milliseconds. As long as /proc's listing. */
  readonly #due = new Map<number, number>();
  /** Anonymous memory read before, by pid; monotonic milliseconds. */
  readonly #rss = new Map<number, { readonly pages: number; readonly validUntil: number }>();
  /** ksm_stat of those that are found, open. */
  readonly #held = new HeldRecords();
  /** ksm_stat as it was read last, by pid: of most guests nothing has changed since, and parsing is dearer than reading. */
  readonly #stats = new Map<number, { readonly text: string; readonly stat: KsmStat }>();
  /** What went wrong at the last look at a process, by pid. */
  readonly #failures = new Map<number, unknown>();

  /** @param options.now monotonic clock in milliseconds, for the duration in the report */
  constructor(options: { root?: string; now?: () => number } = {}) {
    this.#root = options.root ?? '/';
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * @param monoMs monotonic clock, milliseconds
   * @param extraPids processes to list whatever their KSM files say; those that have gone are left out
   */
  scan(monoMs: number, extraPids: ReadonlySet<number> = new Set()): ProcessScan {
    const started = this.#now();
    const processes: ProcessRaw[] = [];
    try {
      this.#list(monoMs);
      for (const pid of this.#with(extraPids)) {
        const extra = extraPids.has(pid);
        if (!extra && !this.#found.has(pid) && monoMs < (this.#due.get(pid) ?? -Infinity)) continue;
        const look = this.#look(pid, monoMs, extra);
        if (look.kind === 'found') {
          processes.push(look.process);
          this.#found.add(pid);
        } else {
          this.#found.delete(pid);
          this.#identities.delete(pid);
          this.#rss.delete(pid);
          this.#stats.delete(pid);
          this.#held.release(pid);
          this.#setDue(pid, monoMs, look.kind);
        }
      }
    } catch (error) {
      const detail = formatError(error);
      const report = { name: NAME, state: 'failed', detail, durationMs: this.#now() - started } as const;
      return { processes, seesOffers: false, report };
    }
    return { processes, seesOffers: this.#seesOffers(), report: this.#report(this.#now() - started) };
  }

  #seesOffers(): boolean {
    if (this.#sees === undefined) {
      const own = readKsmStat(join(this.#root, 'proc/self'));
      this.#sees = typeof own === 'object' && own.ksm_mergeable !== undefined;
    }
    return this.#sees;
  }

  #list(monoMs: number): void {
    if (monoMs < this.#listAgainAt) return;
    this.#pids = listPids(join(this.#root, 'proc'));
    this.#listAgainAt = monoMs + LIST_MS;
    this.#listed = new Set(this.#pids);
    for (const known of [this.#found, this.#identities, this.#due, this.#rss, this.#stats, this.#failures]) {
      for (const pid of known.keys()) if (!this.#listed.has(pid)) known.delete(pid);
    }
    for (const pid of this.#held.pids) if (!this.#listed.has(pid)) this.#held.release(pid);
  }

  /** The listed pids and those asked for now or before, which may have started since the listing. */
  #with(extraPids: ReadonlySet<number>): readonly number[] {
    const unlisted = [...extraPids, ...this.#found].filter((pid) => !this.#listed.has(pid));
    return unlisted.length === 0 ? this.#pids : [...new Set([...this.#pids, ...unlisted])].sort((a, b) => a - b);
  }

  #look(pid: number, monoMs: number, extra: boolean): Look {
    const dir = pidDir(this.#root, pid);
    let failed = false as boolean;
    const attempt = <T>(read: () => T): T | undefined => {
      try {
        return read();
      } catch (error) {
        failed = true;
        this.#held.yieldAfter(error);
        if (!this.#failures.has(pid)) this.#failures.set(pid, error);
        return undefined;
      }
    };
    const ksm = attempt(() => this.#readKsm(pid, dir));
    // A process that was listed stays so when its file fails once: it has lost fields, not left KSM.
    const take = extra || (failed ? this.#found.has(pid) : typeof ksm === 'object' && hasKsm(ksm));
    const identity = take ? attempt(() => this.#identify(pid, dir, monoMs)) : undefined;
    // Its other file has gone: what is remembered must not keep it alive.
    if (ksm === undefined) this.#rss.delete(pid);
    const rssAnonPages =
      identity === undefined || ksm === 'no-memory' ? undefined : attempt(() => this.#readAnon(pid, dir, monoMs));
    if (!failed) this.#failures.delete(pid);

    if (!take) return { kind: ksm === 'no-memory' ? 'no-memory' : 'no-ksm' };
    // The identity may be a remembered one; every process has a statm.
    const gone = rssAnonPages === undefined && ksm !== 'no-memory' && !failed;
    if (identity === undefined || gone) return { kind: 'gone' };
    const { comm, startTicks } = identity;
    const rss = rssAnonPages === undefined ? {} : { rssAnonPages };
    return { kind: 'found', process: { pid, startTicks, comm, ...rss, ...(typeof ksm === 'object' ? ksm : {}) } };
  }

  /** undefined: the process has gone. On a kernel that has no such files no field is there. */
  #readKsm(pid: number, dir: string): KsmStat | 'no-memory' | undefined {
    this.#files ??= {
      ksmStat: existsSync(join(this.#root, 'proc/self/ksm_stat')),
      mergingPages: existsSync(join(this.#root, 'proc/self/ksm_merging_pages')),
    };
    const stat = this.#files.ksmStat ? this.#readKsmStat(pid, dir) : {};
    // 5.19 to 6.3 have the merging pages in a file of their own only.
    if (typeof stat !== 'object' || stat.ksm_merging_pages !== undefined || !this.#files.mergingPages) return stat;
    const merging = readMergingPages(dir);
    return typeof merging === 'number' ? { ...stat, ksm_merging_pages: merging } : merging;
  }

  #readKsmStat(pid: number, dir: string): KsmStat | 'no-memory' | undefined {
    const path = `${dir}/ksm_stat`;
    const held = this.#held.holds(pid);
    const text = this.#held.read(pid, path);
    if (held && !this.#held.holds(pid)) this.#identities.delete(pid); // another process has its pid now, if any
    const known = this.#stats.get(pid);
    if (known?.text === text) return known?.stat;
    const stat = parseKsmText(text, path);
    if (text !== undefined && typeof stat === 'object' && hasKsm(stat)) {
      this.#stats.set(pid, { text, stat });
      this.#held.hold(pid, path);
    }
    return stat;
  }

  #readAnon(pid: number, dir: string, monoMs: number): number | undefined {
    const known = this.#rss.get(pid);
    if (known !== undefined && monoMs < known.validUntil) return known.pages;
    const pages = readAnon(dir);
    if (pages === undefined || this.#found.size <= MANY) {
      this.#rss.delete(pid);
      return pages;
    }
    const part = known === undefined ? (1 + (pid % RSS_SLOTS)) / RSS_SLOTS : 1;
    this.#rss.set(pid, { pages, validUntil: monoMs + RSS_MS * part });
    return pages;
  }

  #identify(pid: number, dir: string, monoMs: number): Identity | undefined {
    const known = this.#identities.get(pid);
    if (known !== undefined && monoMs < known.validUntil) return known;
    const path = `${dir}/stat`;
    const text = readRecord(path);
    if (text === undefined) return undefined;
    const { comm, startTicks } = parsePidStat(text, path);
    if (known?.startTicks !== startTicks) this.#rss.delete(pid);
    const identity = { comm, startTicks, validUntil: monoMs + IDENTITY_MS };
    this.#identities.set(pid, identity);
    return identity;
  }

  #setDue(pid: number, monoMs: number, kind: 'no-ksm' | 'no-memory' | 'gone'): void {
    const wait = kind === 'no-memory' ? RECHECK_KERNEL_THREAD_MS : RECHECK_MS;
    const first = !this.#due.has(pid);
    this.#due.set(pid, monoMs + (first ? (wait * (1 + (pid % SLOTS))) / SLOTS : wait));
  }

  #report(durationMs: number): SourceReport {
    const [first] = this.#failures.values();
    if (first !== undefined) {
      const detail = `${this.#failures.size} processes could not be read in full. The first: ${formatError(first)}`;
      return { name: NAME, state: 'failed', detail, durationMs };
    }
    if (this.#files?.ksmStat === false && !this.#files.mergingPages) {
      const detail = 'this kernel has neither /proc/PID/ksm_stat (6.1) nor /proc/PID/ksm_merging_pages (5.19)';
      return { name: NAME, state: 'unavailable', detail, durationMs };
    }
    return { name: NAME, state: 'ok', durationMs };
  }
}

function readKsmStat(dir: string): KsmStat | 'no-memory' | undefined {
  const path = `${dir}/ksm_stat`;
  return parseKsmText(readRecord(path), path);
}

function parseKsmText(text: string | undefined, path: string): KsmStat | 'no-memory' | undefined {
  if (text === undefined) return undefined;
  return text === '' ? 'no-memory' : parseKsmStat(text, path);
}

function readMergingPages(dir: string): number | 'no-memory' | undefined {
  const path = `${dir}/ksm_merging_pages`;
  const text = readRecord(path);
  if (text === undefined) return undefined;
  return text === '' ? 'no-memory' : parseCount(text, path);
}

function readAnon(dir: string): number | undefined {
  const path = `${dir}/statm`;
  const text = readRecord(path);
  return text === undefined ? undefined : parseStatmAnon(text, path);
}
