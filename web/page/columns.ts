/** Which figures of a sample are kept over time. Pure. */

import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Row } from './series.js';

/** Names of SampleFrame, and of its knobs. */
export const COLUMNS = [
  'saved_bytes',
  'profit_bytes',
  'shared_bytes',
  'sharing_bytes',
  'unshared_bytes',
  'volatile_bytes',
  'zero_bytes',
  'ksmd_cpu_pct',
  'cpu_pressure_pct',
  'scan_pages_per_sec',
  'skipped_pages_per_sec',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'pages_to_scan',
  'sleep_millisecs',
] as const;

export type Column = (typeof COLUMNS)[number];

export function rowOf(frame: SampleFrame__Output): Row<Column> {
  return {
    ...frame,
    pages_to_scan: frame.knobs?.pages_to_scan,
    sleep_millisecs: frame.knobs?.sleep_millisecs,
  };
}
