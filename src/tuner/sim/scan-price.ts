/** What a page costs ksmd, for policies that hold a CPU share and do nothing else. */

import { PRIOR_SEC_PER_PAGE } from '../cost.js';
import type { Observation } from '../types.js';

/** What a page cost lately. */
export interface ScanPrice {
  readonly cpuNs: number;
  readonly scanned: number;
  /** CPU seconds per page over the last second in which ksmd scanned. */
  readonly secPerPage: number;
}

export const initialPrice: ScanPrice = { cpuNs: 0, scanned: 0, secPerPage: PRIOR_SEC_PER_PAGE };

export function updatePrice(before: ScanPrice, { ksmdCpuNs, pages_scanned }: Observation): ScanPrice {
  const cpuNs = ksmdCpuNs ?? 0;
  const scanned = pages_scanned ?? 0;
  const pages = scanned - before.scanned;
  return { cpuNs, scanned, secPerPage: pages > 0 ? (cpuNs - before.cpuNs) / 1e9 / pages : before.secPerPage };
}
