import type { UnmergePlan, UnmergeResult } from '../agent/unmerge/unmerge.js';
import { formatBytes, formatCount, formatDuration } from './format.js';

export function unmergePlanText({ pages, risk, run }: UnmergePlan, runAfter: number): string {
  if (run === 2) return 'All is unmerged already: run is 2.\n';
  const usable = risk.ratio === Infinity ? 'more than all' : `${(risk.ratio * 100).toFixed(1)} %`;
  const lines = [
    `takes      ${formatBytes(risk.neededBytes)}: ${formatCount(pages)} pages that are saved now`,
    `available  ${formatBytes(risk.availableBytes)}, of which ${formatBytes(risk.marginBytes)} must be left; swap does not count`,
    `           it takes ${usable} of the rest`,
    `run        ${run} now, ${runAfter} afterwards${runAfter === 1 ? ': KSM will merge again (--stop leaves it stopped)' : ''}`,
  ];
  return `${lines.join('\n')}\n`;
}

export function unmergeProgress({ pages }: UnmergePlan, left: number): string {
  const pct = pages === 0 ? 100 : ((pages - left) / pages) * 100;
  return `unmerging: ${formatCount(left)} of ${formatCount(pages)} pages left, ${pct.toFixed(0)} %`;
}

export function unmergeResultText({ pages }: UnmergePlan, result: UnmergeResult, pageSize: number): string {
  const took = formatDuration(result.elapsedMs);
  return `Done: ${formatCount(pages)} pages (${formatBytes(pages * pageSize)}) have copies of their own, in ${took}. run is ${result.run}.\n`;
}

/** @param result undefined: nothing was done */
export function unmergeJson({ pages, risk, tight, run }: UnmergePlan, result: UnmergeResult | undefined): object {
  return {
    pages_saved: pages,
    needed_bytes: risk.neededBytes,
    available_bytes: risk.availableBytes,
    margin_bytes: risk.marginBytes,
    // JSON has no Infinity: nothing may be used at all.
    ratio: Number.isFinite(risk.ratio) ? risk.ratio : null,
    fits: risk.fits && tight.length === 0,
    tight_groups: tight.map(({ group, neededBytes, roomBytes }) => ({
      group,
      needed_bytes: neededBytes,
      room_bytes: roomBytes,
    })),
    run_before: run,
    run_after: result?.run ?? null,
    unmerged: result !== undefined,
    pages_left_least: result?.leftPages ?? null,
    elapsed_ms: result === undefined ? null : Math.round(result.elapsedMs),
  };
}
