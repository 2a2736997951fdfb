/** What the agent that never was answers when it is asked about one guest, about other policies, and for its settings. */

import type { Guest } from '../../proto/generated/ksmpilot/v1/Guest.js';
import type { GuestMap } from '../../proto/generated/ksmpilot/v1/GuestMap.js';
import type { GuestMergeReport } from '../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import type { GuestWhy } from '../../proto/generated/ksmpilot/v1/GuestWhy.js';
import type { TunerSettings } from '../../proto/generated/ksmpilot/v1/TunerSettings.js';
import type { WhatIfReport } from '../../proto/generated/ksmpilot/v1/WhatIfReport.js';

const MIB = 1024 ** 2;
const PAGE = 4096;

export function whyOf({ key, name }: Guest, timeMs: number): GuestWhy {
  return {
    time_ms: timeMs,
    key,
    name,
    offered_bytes: 476 * MIB,
    merged_bytes: 338 * MIB,
    verdict: 'Sizes overlap and do not add up. What merging would gain: `ksmpilot estimate --pid 2101`.',
    gaps: ['which pages smart_scan skips: the kernel does not tell.'],
    reasons: [
      {
        code: 'hugetlb',
        effect: 'bars',
        sentence: '2.00 GiB of its memory are pages of hugetlbfs, which KSM never merges.',
        cure: 'Back the guest with ordinary memory: remove `<hugepages/>` from its <memoryBacking>, and start it again with `virsh start web-1`.',
        bytes: 2048 * MIB,
        bound: 'exact',
        evidence: [
          {
            what: 'memory in huge pages of hugetlbfs',
            value: String(2048 * MIB),
            unit: 'bytes',
            source: '/proc/2101/smaps, Private_Hugetlb',
          },
          { what: 'option', value: '-mem-path /dev/hugepages', unit: '', source: '/proc/2101/cmdline' },
        ],
      },
      {
        code: 'not_visited',
        effect: 'delays',
        sentence: 'ksmd has not yet come to 61.0 MiB of what it offers; at the pace of now it will in 40 s.',
        cure: 'Wait, or let ksmd scan faster: `ksmpilot tune auto`.',
        bytes: 61 * MIB,
        bound: 'about',
        evidence: [
          { what: 'pace', value: '24000', unit: 'pages/s', source: '/sys/kernel/mm/ksm/pages_scanned' },
          { what: 'next visit', value: '40', unit: 's', source: 'a full scan at that pace' },
        ],
      },
      {
        code: 'volatile',
        effect: 'limits',
        sentence: 'About 9 % of its memory changed between two looks.',
        cure: 'Nothing to do: such memory does not stay merged.',
        bytes: 41 * MIB,
        bound: 'about',
        evidence: [{ what: 'pages that changed', value: '92 of 1024', unit: '', source: 'two looks, 2 s apart' }],
      },
      {
        code: 'rival',
        effect: 'note',
        sentence: 'ksmtuned moves the same knobs.',
        cure: '`systemctl stop ksmtuned`',
        bound: '',
        evidence: [{ what: 'process', value: 'ksmtuned (812)', unit: '', source: '/proc/812/comm' }],
      },
    ],
  };
}

const KINDS = [
  { kind: 'ksm', meaning: 'KSM page', sign: 'K', pages: 61_440 },
  { kind: 'zero', meaning: "kernel's zero page", sign: 'Z', pages: 9_216 },
  { kind: 'huge', meaning: 'private, in a transparent huge page', sign: 'H', pages: 12_288 },
  { kind: 'private', meaning: 'private', sign: 'P', pages: 38_400 },
  { kind: 'shared', meaning: 'file or shared memory', sign: 'S', pages: 2_048 },
  { kind: 'hugetlb', meaning: 'page of hugetlbfs', sign: 'G', pages: 1_024 },
  { kind: 'swapped', meaning: 'swapped out', sign: 'W', pages: 768 },
  { kind: 'absent', meaning: 'nothing there', sign: '.', pages: 400_000 },
] as const;

/** A line of 64 cells from its parts: `K10 p4` is ten K and four p. */
function cells(parts: string): string {
  return parts.replace(/(\S)(\d+) ?/g, (_, sign: string, times: string) => sign.repeat(Number(times)));
}

const LINES = [
  'K20 k6 P12 p8 H18',
  'K44 Z12 z4 K4',
  'k9 K30 p13 .12',
  'H32 K16 k4 P12',
  'P30 :14 K12 k8',
  'Z40 z8 K16',
  'G16 S12 s4 P20 :12',
  'p12 W9 w3 K28 k12',
  'K50 P14',
  '.24 K20 k8 P12',
  'H48 P16',
  'k30 p18 P16',
];

export function mapOf({ key, pids = [] }: Guest, timeMs: number): GuestMap {
  return {
    time_ms: timeMs,
    key,
    page_size: PAGE,
    processes: pids.map((pid, index) => ({
      pid,
      comm: index === 0 ? 'qemu-system-x86' : 'virtiofsd',
      total: KINDS.map((kind) => ({ ...kind })),
      pages_per_cell: 128,
      lines: LINES.slice(0, index === 0 ? LINES.length : 3).map((parts, line) => ({
        address: line * 64 * 128 * PAGE,
        cells: cells(parts),
      })),
      ended: false,
    })),
  };
}

/** @param isDone it was not a dry run */
export function mergeReportOf(guest: Guest, merge: 'on' | 'off' | 'restore', isDone: boolean): GuestMergeReport {
  const { key, name, kind, mergeable_bytes: before } = guest;
  const base = { key, name, mergeable_before_bytes: before ?? 0, feasible: false };
  if (kind !== 'libvirt' && kind !== 'proxmox' && kind !== 'qemu') {
    const steps = [`${name ?? 'It'} has no monitor that ksmpilot could talk to.`];
    return { ...base, changed: false, steps, advice: ['systemctl edit late.service', 'MemoryKSM=no'] };
  }
  if (merge === 'restore') {
    const steps = ['Nothing to change: its memory is as asked for already.'];
    return { ...base, changed: false, steps, advice: [] };
  }
  const needed = Number(guest.saved_bytes ?? 0);
  return {
    ...base,
    changed: isDone,
    feasible: !isDone,
    steps: [`Set \`merge\` of /objects/pc.ram to ${merge} through QMP.`],
    advice: [],
    ...(merge === 'off' && { needed_bytes: needed, usable_bytes: 8_381 * MIB }),
    ...(isDone && { mergeable_after_bytes: merge === 'off' ? 0 : 512 * MIB }),
  };
}

export function whatIfOf(lookBackSec: number): WhatIfReport {
  const sec = lookBackSec === 0 ? 900 : lookBackSec;
  const row = (policy: string, saved: number, cpu: number, end: number): NonNullable<WhatIfReport['rows']>[number] => ({
    policy,
    saved_gib_sec: saved * sec,
    ksmd_cpu_sec: cpu * sec,
    net_core_sec: (saved / 8 - cpu) * sec,
    saved_end_bytes: end * MIB,
  });
  return {
    what: '60 min of a recorded host',
    seconds: sec,
    gib_per_core: 8,
    rows: [
      row('recorded', 1.31, 0.021, 1_610),
      row('off', 0, 0, 0),
      row('default', 0.12, 0.017, 210),
      row('ksmtuned', 1.02, 0.31, 1_540),
      row('advisor', 1.27, 0.062, 1_602),
      row('ksmpilot', 1.34, 0.024, 1_633),
    ],
    unknowns: [
      'Replayed under its own knobs, the saving comes out 3.1 % off, and the CPU 4.8 %.',
      'Which pages a policy would have kept from breaking is not known.',
    ],
  };
}

export const FAKE_SETTINGS: TunerSettings = {
  gib_per_core: 8,
  max_cpu_pct: 25,
  min_full_scan_sec: 1,
  max_full_scan_sec: 600,
  may_start: true,
  may_stop: true,
  smart_scan: true,
};

export const FAKE_CONFIG = {
  mode: 'auto',
  intervalMs: 1000,
  historySec: 3600,
  stateDir: '/run/ksmpilot',
  grpc: { address: '127.0.0.1:50576', socket: true, limits: { callsPerSec: 50, streams: 64 } },
  http: { enabled: true, address: '127.0.0.1:8576' },
  log: { level: 'info', format: 'auto' },
  tuner: {
    gibPerCore: 8,
    maxCpuPct: 25,
    minFullScanSec: 1,
    maxFullScanSec: 600,
    mayStart: true,
    mayStop: true,
    smartScan: true,
  },
  probes: { enabled: true, exact: false, bpftrace: 'bpftrace', mapKeys: 16384 },
};
