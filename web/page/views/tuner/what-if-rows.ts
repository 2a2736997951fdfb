/** What other policies would have done: rows for the table and bars. Pure. */

import type { WhatIfReport__Output } from '../../../../proto/generated/ksmpilot/v1/WhatIfReport.js';
import type { WhatIfRow__Output } from '../../../../proto/generated/ksmpilot/v1/WhatIfRow.js';

export interface WhatIfLine {
  readonly policy: string;
  /** What really happened, replayed. */
  readonly isRecorded: boolean;
  readonly isBest: boolean;
  readonly savedGibSec: number;
  readonly ksmdCpuSec: number;
  /** Cores on average: net worth over the time replayed. */
  readonly netCores: number;
  readonly savedEndBytes: number;
  /** Of the bar, in parts of the whole width: 0 to 1. */
  readonly bar: { readonly from: number; readonly to: number };
}

export interface WhatIfPicture {
  readonly lines: readonly WhatIfLine[];
  /** Where no gain and no loss is, in parts of the whole width. */
  readonly zero: number;
}

/** The recorded one stays first, the others follow by net, best first. */
export function whatIfPicture({ rows, seconds }: WhatIfReport__Output): WhatIfPicture {
  const netOf = ({ net_core_sec: net }: WhatIfRow__Output): number => (seconds > 0 ? net / seconds : 0);
  const nets = rows.map(netOf);
  const least = Math.min(0, ...nets);
  const greatest = Math.max(0, ...nets);
  const span = greatest - least || 1;
  const at = (value: number): number => (value - least) / span;
  const best = Math.max(...nets);
  const [recorded, ...others] = rows;
  const sorted = [...(recorded === undefined ? [] : [recorded]), ...others.sort((a, b) => netOf(b) - netOf(a))];
  const lines = sorted.map((row): WhatIfLine => {
    const net = netOf(row);
    return {
      policy: row.policy,
      isRecorded: row === recorded,
      isBest: rows.length > 1 && net === best,
      savedGibSec: row.saved_gib_sec,
      ksmdCpuSec: row.ksmd_cpu_sec,
      netCores: net,
      savedEndBytes: row.saved_end_bytes,
      bar: { from: at(Math.min(0, net)), to: at(Math.max(0, net)) },
    };
  });
  return { lines, zero: at(0) };
}
