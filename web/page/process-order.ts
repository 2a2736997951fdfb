/** The order of the process table. Pure. */

import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';

export type SortKey =
  | 'pid'
  | 'comm'
  | 'saved_bytes'
  | 'profit_bytes'
  | 'merging_pages'
  | 'zero_pages'
  | 'rmap_items'
  | 'anon_bytes'
  | 'merges_total'
  | 'cow_breaks_total'
  | 'zero_breaks_total';

export interface Order {
  readonly key: SortKey;
  readonly descending: boolean;
}

/** Unknown values come last in either direction; equals go by pid, so that rows keep their places. */
export function ordered(processes: readonly Process__Output[], { key, descending }: Order): readonly Process__Output[] {
  const sign = descending ? -1 : 1;
  return [...processes].sort((a, b) => {
    const left = a[key];
    const right = b[key];
    if (left === undefined || right === undefined) {
      return left === right ? a.pid - b.pid : left === undefined ? 1 : -1;
    }
    const order =
      typeof left === 'string' || typeof right === 'string' ? String(left).localeCompare(String(right)) : left - right;
    return order === 0 ? a.pid - b.pid : sign * order;
  });
}
