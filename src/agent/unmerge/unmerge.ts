/** Unmerging everything that KSM has merged on this host: the check before, the watch over it, and its result. */

import { setTimeout as sleep } from 'node:timers/promises';
import { formatError, KsmpilotError } from '../errors.js';
import { readKsmFile } from '../kernel/ksm-sysfs.js';
import { readMeminfo } from '../kernel/meminfo.js';
import type { KnobPort } from '../../tuner/types.js';
import { tightGroups, type TightGroup } from './group-limits.js';
import { savedPages, unmergeRisk, type UnmergeRisk } from '../risk.js';
import type { WriterProcess } from './writer-process.js';

/** How often the counters are looked at, in milliseconds. At 1 GiB/s that is 200 MiB, less than the least margin. */
const LOOK_MS = 200;

export interface UnmergePlan {
  /** Pages saved now, zero pages included. */
  readonly pages: number;
  readonly risk: UnmergeRisk;
  /** Control groups that could not hold their part; the kernel would kill in them. */
  readonly tight: readonly TightGroup[];
  /** `run` now, which it is set to again; 2: all is unmerged already. */
  readonly run: number;
}

/** @throws KsmpilotError KSM_ABSENT, KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED, MEMORY_SHORT where it is not told */
export function planUnmerge(pageSize: number, root = '/'): UnmergePlan {
  const run = readKsmFile('run', root);
  const pages = leftPages(root);
  if (run === undefined || pages === undefined) {
    throw new KsmpilotError('KSM_ABSENT', 'this kernel has no /sys/kernel/mm/ksm', {
      hint: 'There is nothing to unmerge.',
    });
  }
  const { MemAvailable, MemTotal } = readMeminfo(root) ?? {};
  if (MemAvailable === undefined || MemTotal === undefined) {
    throw new KsmpilotError('MEMORY_SHORT', 'this kernel does not tell how much memory is available', {
      hint: 'It needs MemAvailable in /proc/meminfo (Linux 3.14).',
    });
  }
  const risk = unmergeRisk({
    neededBytes: pages * pageSize,
    availableBytes: MemAvailable * 1024,
    memTotalBytes: MemTotal * 1024,
  });
  return { pages, risk, tight: tightGroups(pageSize, root), run };
}

/** @throws KsmpilotError MEMORY_SHORT with the figures */
export function checkUnmerge({ risk, tight }: UnmergePlan): void {
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const [group] = tight;
  if (risk.fits && group !== undefined) {
    throw new KsmpilotError(
      'MEMORY_SHORT',
      `unmerging takes up to ${mib(group.neededBytes)} in the control group ${group.group}, which has room for ${mib(group.roomBytes)} below its limit of ${mib(group.limitBytes)}`,
      {
        hint: `Raise its limit first: memory.max in /sys/fs/cgroup${group.group}, or MemoryMax= of its unit.${tight.length > 1 ? ` The same of ${tight.length - 1} more.` : ''}`,
      },
    );
  }
  if (risk.fits) return;
  throw new KsmpilotError(
    'MEMORY_SHORT',
    `unmerging takes ${mib(risk.neededBytes)}; ${mib(risk.availableBytes)} are available, of which ${mib(risk.marginBytes)} must be left`,
    {
      hint: 'Make memory free first: move guests away, or switch them off one by one with `ksmpilot guest GUEST merge off`.',
    },
  );
}

export interface UnmergeOptions {
  readonly plan: UnmergePlan;
  /** What `run` is in the end: 0 or 1. */
  readonly runAfter: number;
  readonly start: (runAfter: number) => WriterProcess;
  /** Puts `run` right where the writer could not any more. */
  readonly knobs: KnobPort;
  readonly onProgress?: (leftPages: number) => void;
  /** Ctrl-C. */
  readonly signal?: AbortSignal;
  readonly root?: string;
}

export interface UnmergeResult {
  /** Lowest number of saved pages seen; KSM that runs again merges again. */
  readonly leftPages: number;
  readonly run: number;
  readonly elapsedMs: number;
}

/**
 * Stops half-way when what is available falls below half the margin, or on the signal; `run` is right in either case.
 *
 * @throws KsmpilotError UNMERGE_STOPPED saying how much is left; those of `knobs`
 */
export async function unmergeAll(options: UnmergeOptions): Promise<UnmergeResult> {
  const { plan, runAfter, start, knobs, onProgress, signal, root = '/' } = options;
  const started = performance.now();
  const writer = start(runAfter);
  const watch = new AbortController();
  let least = plan.pages;
  let stopped: string | undefined;
  const stop = (why: string): void => {
    stopped ??= why;
    writer.stop();
  };
  const onAbort = (): void => {
    stop('it was interrupted');
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  const look = (): void => {
    least = Math.min(least, leftPages(root) ?? least);
    onProgress?.(least);
    const available = (readMeminfo(root)?.MemAvailable ?? Infinity) * 1024;
    if (available < plan.risk.marginBytes / 2) stop(`only ${Math.round(available / 2 ** 20)} MiB were available`);
  };
  const watching = (async () => {
    while (!watch.signal.aborted) {
      look();
      await sleep(LOOK_MS, undefined, { signal: watch.signal }).catch(() => undefined);
    }
  })().catch((error: unknown) => {
    // Blind, it must not go on.
    stop(formatError(error));
  });
  let failure: string | undefined;
  try {
    failure = await writer.ended;
  } finally {
    watch.abort();
    signal?.removeEventListener('abort', onAbort);
    await watching;
    // Killed, as by a memory shortage, or refused: the kernel has left 0 or 2.
    if (knobs.read('run') !== runAfter) knobs.write('run', runAfter);
  }
  const elapsedMs = performance.now() - started;
  least = Math.min(least, leftPages(root) ?? least);
  if (failure === undefined) return { leftPages: least, run: runAfter, elapsedMs };
  throw new KsmpilotError(
    'UNMERGE_STOPPED',
    `unmerging ended early with about ${least} of ${plan.pages} pages left: ${stopped ?? failure}`,
    {
      hint: `run is ${runAfter} again${runAfter === 1 ? ', so KSM merges again' : ''}. Make memory free, then try again.`,
    },
  );
}

function leftPages(root: string): number | undefined {
  const pages_sharing = readKsmFile('pages_sharing', root);
  const ksm_zero_pages = readKsmFile('ksm_zero_pages', root);
  return savedPages({
    ...(pages_sharing === undefined ? {} : { pages_sharing }),
    ...(ksm_zero_pages === undefined ? {} : { ksm_zero_pages }),
  });
}
