/** Each reason where it must hold, and no other does. */

import type { Evidence } from '../../src/agent/why/evidence.js';
import type { ReasonCode } from '../../src/agent/why/reason.js';
import { evidenceWith, MIB_PAGES } from './why-evidence.js';

const MIB = 1024 * 1024;

export interface Case {
  readonly code: ReasonCode;
  readonly when: Evidence;
  readonly bytes: number | undefined;
  readonly says: RegExp;
  readonly cure: RegExp;
}

export const CASES: readonly Case[] = [
  {
    code: 'ksm_absent',
    when: { ...evidenceWith({ tally: { merged: 0 } }), ksm: undefined },
    bytes: 1064 * MIB,
    says: /no KSM/,
    cure: /CONFIG_KSM=y/,
  },
  {
    code: 'ksm_stopped',
    when: evidenceWith({ ksm: { run: 0 } }),
    bytes: 256 * MIB,
    says: /run is 0.*768 MiB here.*256 MiB .* wait/,
    cure: /echo 1 > \/sys\/kernel\/mm\/ksm\/run/,
  },
  {
    code: 'merge_option_off',
    when: evidenceWith({
      memory: { offered: 0, unoffered: 1064 * MIB_PAGES },
      options: { mergeOff: '-machine mem-merge=off' },
      tally: { visited: 0, merged: 0 },
    }),
    bytes: 1064 * MIB,
    says: /-machine mem-merge=off/,
    cure: /ksmpilot guest web merge on/,
  },
  {
    code: 'not_offered',
    when: evidenceWith({ memory: { offered: 0, unoffered: 1064 * MIB_PAGES }, tally: { visited: 0, merged: 0 } }),
    bytes: 1064 * MIB,
    says: /no madvise, no prctl/,
    cure: /merge on/,
  },
  {
    code: 'shared',
    when: evidenceWith({ memory: { shared: 512 * MIB_PAGES }, options: { shared: '-object x,share=on' } }),
    bytes: 512 * MIB,
    says: /512 MiB are mapped shared/,
    cure: /share=off/,
  },
  {
    code: 'hugetlb',
    when: evidenceWith({ memory: { hugetlb: 2048 * MIB_PAGES }, options: { backing: '-mem-path /dev/hugepages' } }),
    bytes: 2048 * MIB,
    says: /2 GiB .*hugetlbfs/,
    cure: /hugetlb=on/,
  },
  {
    code: 'file_pages',
    when: evidenceWith({ memory: { file: 600 * MIB_PAGES } }),
    bytes: 600 * MIB,
    says: /not written to/,
    cure: /same file/,
  },
  {
    code: 'pinned',
    when: evidenceWith({ pins: { vfio: ['/dev/vfio/12'], lockedBytes: 1024 * MIB } }),
    bytes: 256 * MIB,
    says: /handed through/,
    cure: /virtio.*merge off/,
  },
  {
    code: 'volatile',
    when: evidenceWith({ look: { changed: 500 } }),
    bytes: 512 * MIB,
    says: /500 of 1000 pages/,
    cure: /guest writes/,
  },
  {
    code: 'not_visited',
    when: evidenceWith({ tally: { visited: 768 * MIB_PAGES } }),
    bytes: 256 * MIB,
    says: /256 MiB .* within about 6\.6 s/,
    cure: /pages_to_scan \(now 1000\)/,
  },
  {
    code: 'swapped',
    when: evidenceWith({ memory: { offeredSwapped: 100 * MIB_PAGES } }),
    bytes: 100 * MIB,
    says: /swapped out/,
    cure: /Nothing to do/,
  },
  {
    code: 'smart_scan',
    when: evidenceWith({ ksm: { smart_scan: 1, pages_skipped: 9e6 }, pace: { scanned: 100_000, skipped: 300_000 } }),
    bytes: 256 * MIB,
    says: /75 % of what it passes/,
    cure: /smart_scan, wait until full_scans/,
  },
  {
    code: 'nodes_apart',
    when: evidenceWith({ ksm: { merge_across_nodes: 0 }, nodes: 3 }),
    bytes: 2 * 1000 * 4096,
    says: /each of the 3 nodes/,
    cure: /bound to nodes/,
  },
  {
    code: 'max_page_sharing',
    when: evidenceWith({ ksm: { stable_node_chains: 3, stable_node_dups: 515 } }),
    bytes: 2 * MIB,
    says: /3 contents .*\(256\).*515 KSM pages/,
    cure: /Leave it/,
  },
  {
    code: 'use_zero_pages_off',
    when: evidenceWith({ ksm: { use_zero_pages: 0 }, look: { zero: 250 } }),
    bytes: 256 * MIB_PAGES * (16 + 64),
    says: /256 MiB are zeros/,
    cure: /echo 1 > .*use_zero_pages/,
  },
  {
    code: 'rival',
    when: evidenceWith({ rivals: ['ksmtuned (pid 812)'] }),
    bytes: undefined,
    says: /ksmtuned \(pid 812\)/,
    cure: /One tuner a host/,
  },
  {
    code: 'huge_pages',
    when: evidenceWith({ memory: { offeredHuge: 900 * MIB_PAGES } }),
    bytes: 900 * MIB,
    says: /do merge: ksmd splits/,
    cure: /Nothing to do/,
  },
];
