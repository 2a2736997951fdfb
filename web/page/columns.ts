/** Which figures of a sample are kept over time. Pure. */

import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Row } from './series.js';

/** Names of SampleFrame. */
const FIGURES = [
  'saved_bytes',
  'profit_bytes',
  'shared_bytes',
  'sharing_bytes',
  'unshared_bytes',
  'volatile_bytes',
  'zero_bytes',
  'ksmd_cpu_pct',
  'net_cores',
  'cpu_pressure_pct',
  'memory_pressure_pct',
  'scan_pages_per_sec',
  'skipped_pages_per_sec',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'merge_lifetime_p50_ms',
  'mem_available_bytes',
  'unmerge_needed_bytes',
  'unmerge_usable_bytes',
] as const satisfies readonly (keyof SampleFrame__Output)[];

/** Names of its knobs. */
const KNOBS = ['run', 'pages_to_scan', 'sleep_millisecs', 'smart_scan', 'use_zero_pages'] as const;

export const COLUMNS = [...FIGURES, ...KNOBS] as const;

export type Column = (typeof COLUMNS)[number];

export function rowOf(frame: SampleFrame__Output): Row<Column> {
  const { knobs } = frame;
  const row: Partial<Record<Column, number | null | undefined>> = {};
  for (const name of FIGURES) row[name] = frame[name];
  for (const name of KNOBS) row[name] = knobs?.[name];
  return row;
}
