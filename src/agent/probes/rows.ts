/** What two bpftrace processes counted, as one. Pure. */

import type { CowTotals, ProcessProbeTotals } from '../model/probe.js';

/**
 * `first`: of the bpftrace that always runs, where its tier was given up later. `second`: of the windows that took over,
 * whose histograms count from then on.
 */
export function joinBreaks(first: CowTotals | undefined, second: CowTotals | undefined): CowTotals | undefined {
  if (first === undefined || second === undefined) return second ?? first;
  return {
    ...second,
    attributed: first.attributed + second.attributed,
    byUser: first.byUser + second.byUser,
    byKernel: first.byKernel + second.byKernel,
    byGuest: first.byGuest + second.byGuest,
    ...(first.byRemote !== undefined && { byRemote: first.byRemote + (second.byRemote ?? 0) }),
    ...(first.byUnmerge !== undefined && { byUnmerge: first.byUnmerge + (second.byUnmerge ?? 0) }),
    ...(first.byPin !== undefined && { byPin: first.byPin + (second.byPin ?? 0) }),
    zero: first.zero + second.zero,
  };
}

/** Each process once: `first` has seen its merges, `second` its breaks. */
export function joinRows(
  first: readonly ProcessProbeTotals[],
  second: readonly ProcessProbeTotals[],
): readonly ProcessProbeTotals[] {
  if (second.length === 0) return first;
  const rows = new Map(first.map((row) => [row.pid, row]));
  for (const row of second) {
    const known = rows.get(row.pid);
    // The newest rows come last, as in both lists.
    rows.delete(row.pid);
    rows.set(row.pid, known === undefined ? row : add(known, row));
  }
  return [...rows.values()];
}

function add(a: ProcessProbeTotals, b: ProcessProbeTotals): ProcessProbeTotals {
  const seen = (a.cowBreaksSeen ?? a.cowBreaks) + (b.cowBreaksSeen ?? b.cowBreaks);
  return {
    ...a,
    ...b,
    merges: a.merges + b.merges,
    zeroMerges: a.zeroMerges + b.zeroMerges,
    cowBreaks: a.cowBreaks + b.cowBreaks,
    ...((a.cowBreaksSeen ?? b.cowBreaksSeen) !== undefined && { cowBreaksSeen: seen }),
    zeroBreaks: a.zeroBreaks + b.zeroBreaks,
  };
}
