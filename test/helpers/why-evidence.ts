/** A guest of which everything is in order, to be changed where a test wants it. */

import type { Evidence, GuestFacts } from '../../src/agent/why/evidence.js';
import { NO_MEMORY } from '../../src/agent/why/memory-sums.js';

export const MIB_PAGES = 256;

export const GUEST: GuestFacts = {
  kind: 'qemu',
  name: 'web',
  id: '6f2d2a6c-0b1e-4d3c-9a55-1f2e3d4c5b6a',
  pids: [4711],
  processesRead: 1,
};

/** 1 GiB offered, all of it visited, three quarters merged; smart_scan off. */
export const HEALTHY: Evidence = {
  pageSize: 4096,
  guest: GUEST,
  memory: { ...NO_MEMORY, resident: 1100 * MIB_PAGES, offered: 1024 * MIB_PAGES, unoffered: 40 * MIB_PAGES },
  tally: { visited: 1024 * MIB_PAGES, merged: 768 * MIB_PAGES, zero: 0 },
  ksm: {
    run: 1,
    pages_to_scan: 1000,
    sleep_millisecs: 20,
    smart_scan: 0,
    use_zero_pages: 1,
    max_page_sharing: 256,
    merge_across_nodes: 1,
    advisor_mode: 'none',
    pages_shared: 1000,
    pages_sharing: 196_000,
    pages_unshared: 60_000,
    pages_volatile: 5_000,
    pages_skipped: 0,
    stable_node_chains: 0,
    stable_node_dups: 0,
  },
  pace: { seconds: 2, scanned: 100_000, skipped: 0 },
  nodes: 1,
  options: {},
  pins: { pinnedBytes: 0, lockedBytes: 0, vfio: [] },
  rivals: [],
  look: { seconds: 2, drawn: 1000, merged: 750, changed: 3, zero: 0 },
  gaps: [],
};

type Parts = { readonly [Key in keyof Evidence]?: Partial<Evidence[Key]> };

/** One level deep: `evidenceWith({ ksm: { run: 0 } })`. */
export function evidenceWith(changes: Parts): Evidence {
  const merged = Object.entries(changes).map(([key, value]) => {
    const before: unknown = HEALTHY[key as keyof Evidence];
    return [key, isPlain(before) && isPlain(value) ? { ...before, ...value } : value] as const;
  });
  return { ...HEALTHY, ...(Object.fromEntries(merged) as Partial<Evidence>) };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
