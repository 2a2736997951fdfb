/** `ksmpilot estimate --json`. Names are a contract with scripts: every key is always there, unknown is null. Pure. */

import type { EstimateResult } from '../agent/estimate/estimate.js';
import type { MemoryHost } from '../agent/estimate/host-memory.js';
import type { Estimate } from '../agent/estimate/interval.js';

type Json = Readonly<Record<string, unknown>>;

/** @param elapsedMs what the estimate took */
export function estimateJson(result: EstimateResult, host: MemoryHost, elapsedMs: number): Json {
  const { processes, refusals, totals, sampling } = result;
  const { pageSize } = host;
  const bytes = (pages: number): number => Math.round(pages * pageSize);
  const interval = ({ value, low, high }: Estimate): Json => ({
    bytes: bytes(value),
    low_bytes: bytes(low),
    high_bytes: bytes(high),
  });
  return {
    page_size: pageSize,
    candidate_bytes: bytes(processes.reduce((sum, { candidatePages }) => sum + candidatePages, 0)),
    offered_bytes: bytes(processes.reduce((sum, { offeredPages }) => sum + offeredPages, 0)),
    saving: {
      all: interval(totals.all),
      offered: interval(totals.offered),
      already: interval(totals.already),
      within: interval(totals.within),
      across: interval(totals.across),
    },
    zero_bytes: bytes(processes.reduce((sum, { zeroPages }) => sum + zeroPages, 0)),
    processes: processes.map((one) => ({
      pid: one.pid,
      comm: one.comm,
      candidate_bytes: bytes(one.candidatePages),
      offered_bytes: bytes(one.offeredPages),
      huge_bytes: bytes(one.hugePages),
      zero_bytes: bytes(one.zeroPages),
      zero_page_mapped_bytes: bytes(one.zeroPage),
      zero_placed_bytes: one.placedZeroPages === undefined ? null : bytes(one.placedZeroPages),
      unfit_bytes: bytes(one.unfitPages),
      swapped_bytes: bytes(one.swappedPages),
      lost_pages: one.lostPages,
      within: interval(one.within),
    })),
    not_read: refusals.map(({ pid, comm, state, error }) => ({
      pid,
      comm: comm ?? null,
      state,
      code: error.code,
      detail: error.message,
    })),
    without_private_memory: result.without,
    sampling: {
      confidence_pct: 95,
      rate_pct: sampling.rate * 100,
      begun_rate_pct: sampling.begunRate * 100,
      pilot_pages: sampling.pilotPages,
      read_pages: sampling.readPages,
      hashed_pages: sampling.hashedPages,
      contents: sampling.contents,
      forgotten_frames: sampling.forgottenFrames,
    },
    max_page_sharing: host.rules.maxPageSharing,
    use_zero_pages: host.rules.useZeroPages,
    elapsed_ms: Math.round(elapsedMs),
  };
}
