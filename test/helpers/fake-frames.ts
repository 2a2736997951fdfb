/**
 * Plausible frames of a host that never was, for tests of the page and its gateway: a pure function of the time since the
 * agent's start, so that history and live frames agree.
 */

import type { CowBreaks } from '../../proto/generated/ksmpilot/v1/CowBreaks.js';
import type { Decision } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { EventFrame } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { Host } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Knobs } from '../../proto/generated/ksmpilot/v1/Knobs.js';
import type { Process } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { SampleFrame } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';

/**
 * `full`: the tracepoint tier in windows; `exact`: the kprobe tier, which counts all; `bare`: an old kernel without bpftrace,
 * where most is unknown.
 */
export type Profile = 'full' | 'exact' | 'bare';

const MIB = 1024 ** 2;
const PAGE = 4096;

/** Times in seconds since the agent's start at which the tuner moved the knobs, and to what. */
const MOVES = [
  { at: 62, pages_to_scan: 2400, sleep_millisecs: 10, phase: 'burst', why: 'guests offered 1.9 GiB of new memory' },
  {
    at: 210,
    pages_to_scan: 620,
    sleep_millisecs: 20,
    phase: 'track',
    why: 'the backlog is cleared; best rate for the estimates',
  },
  { at: 610, pages_to_scan: 2400, sleep_millisecs: 10, phase: 'burst', why: 'demo-late offered 256 MiB of new memory' },
  {
    at: 700,
    pages_to_scan: 480,
    sleep_millisecs: 24,
    phase: 'track',
    why: 'merge lifetime 40 s; a full scan in 12 s pays best',
  },
] as const;

export const BASELINE: Knobs = {
  run: 0,
  pages_to_scan: 100,
  sleep_millisecs: 20,
  smart_scan: 1,
  use_zero_pages: 0,
  merge_across_nodes: 1,
  max_page_sharing: 256,
  advisor_mode: 'none',
};

export function knobsAt(sec: number): Knobs {
  const move = MOVES.findLast(({ at }) => at <= sec);
  if (move === undefined) return BASELINE;
  return { ...BASELINE, run: 1, pages_to_scan: move.pages_to_scan, sleep_millisecs: move.sleep_millisecs };
}

/** 0 to 1, with a knee. */
function grown(sec: number, from: number, during: number): number {
  return sec <= from ? 0 : 1 - Math.exp(-(3 * (sec - from)) / during);
}

function wobble(sec: number, period: number): number {
  return Math.sin((2 * Math.PI * sec) / period) + 0.4 * Math.sin((7.3 * Math.PI * sec) / period);
}

export function frameAt(seq: number, timeMs: number, sec: number, profile: Profile): SampleFrame {
  const first = grown(sec, 62, 120);
  const second = grown(sec, 610, 60);
  const saved = Math.round((first * 1_390 + second * 230 + 4 * wobble(sec, 37) * first) * MIB);
  const knobs = knobsAt(sec);
  const isRunning = knobs.run === 1;
  const rate = isRunning ? (Number(knobs.pages_to_scan) / (Number(knobs.sleep_millisecs) + 4)) * 1_000 : 0;
  const base: SampleFrame = {
    dropped: 0,
    seq,
    time_ms: timeMs,
    saved_bytes: saved,
    shared_bytes: Math.round(saved * 0.21),
    sharing_bytes: Math.round(saved * 0.88),
    unshared_bytes: Math.round((520 + 30 * wobble(sec, 90)) * MIB * Math.min(1, first * 1.6)),
    volatile_bytes: Math.round((210 + 60 * wobble(sec, 47)) * MIB * Math.min(1, first * 2)),
    lost_events_total: 0,
    knobs,
  };
  if (profile === 'bare') return { ...base, saved_bytes: Math.round(saved * 0.88) };
  return {
    ...base,
    zero_bytes: Math.round(saved * 0.12),
    profit_bytes: Math.round(saved - 46 * MIB * Math.min(1, first * 1.6)),
    ksmd_cpu_pct: isRunning ? (rate * 1.9) / 10_000 + 0.3 * (1 + wobble(sec, 11)) : 0,
    scan_pages_per_sec: Math.max(0, rate * (1 + 0.04 * wobble(sec, 13))),
    skipped_pages_per_sec: Math.max(0, rate * 0.9 * first),
    merges_per_sec: Math.max(
      0,
      (sec > 62 ? 9_000 * Math.exp(-(sec - 62) / 40) : 0) + (isRunning ? 60 + 30 * wobble(sec, 9) : 0),
    ),
    cow_breaks_per_sec: isRunning ? Math.max(0, 42 + 22 * wobble(sec, 17)) : 0,
    merges_total: Math.round(saved / PAGE) + Math.round(50 * sec),
    ...breaksAt(sec, profile),
    zero_breaks_total: Math.round(3 * Math.max(0, sec - 62)),
    full_scans_total: Math.floor(sec / 14),
    ...scannedBy(sec),
    net_cores: saved / (1024 * MIB) / 8 - rate * 0.0000019,
    mem_available_bytes: 9_200 * MIB,
    unmerge_needed_bytes: saved,
    unmerge_usable_bytes: (9_200 - 819) * MIB,
    cpu_pressure_pct: 1.4 + 0.7 * wobble(sec, 60),
    memory_pressure_pct: 0,
    merge_lifetime: lifetimes(sec),
    merge_lifetime_p50_ms: 8192,
    lifetime_sampled_one_in: 1,
  };
}

/** What ksmd has done until then: the sum over the knobs of each time, without the wobble. */
function scannedBy(sec: number): Partial<SampleFrame> {
  let pages = 0;
  for (const [index, { at, pages_to_scan, sleep_millisecs }] of MOVES.entries()) {
    const until = Math.min(sec, MOVES[index + 1]?.at ?? Infinity);
    pages += (Math.max(0, until - at) * pages_to_scan * 1_000) / (sleep_millisecs + 4);
  }
  return {
    pages_scanned_total: Math.round(pages),
    pages_skipped_total: Math.round(pages * 0.9),
    ksmd_cpu_sec_total: pages * 1.9e-6,
  };
}

/** Of the breaks, the part that falls into windows. */
const IN_WINDOWS = 0.08;

function breaksAt(sec: number, profile: Profile): Partial<SampleFrame> {
  const broke = Math.max(0, sec - 62);
  const total = Math.round(42 * broke);
  if (profile === 'exact') {
    const [guest, kernel, remote, pin] = [broke, broke * 2, broke / 10, broke / 20].map(Math.round);
    const unmerge = 512;
    const user = total - Number(guest) - Number(kernel) - Number(remote) - Number(pin) - unmerge;
    const cow: CowBreaks = {
      tier: 'kprobe',
      by_user: Math.max(0, user),
      by_kernel: kernel,
      by_guest: guest,
      by_remote: remote,
      by_unmerge: unmerge,
      by_pin: pin,
      service_time: serviceTime('kretprobe', total),
    };
    return {
      cow_breaks_total: total,
      cow_breaks_attributed_total: total,
      cow_breaks_unattributed_total: 0,
      cow,
    };
  }
  const attributed = Math.round(41 * broke * IN_WINDOWS);
  const estimated = Math.round(41 * broke) - attributed;
  const toNext = 60 - (sec % 60);
  const cow: CowBreaks = {
    tier: 'tracepoint',
    by_user: attributed - Math.round(attributed / 20),
    by_kernel: Math.round(attributed / 20),
    by_guest: 0,
    duty: {
      open: toNext <= 3,
      windows: Math.floor(sec / 60),
      coverage: IN_WINDOWS,
      cost_cores: 0.0041,
      ...(toNext > 3 && { next_in_sec: toNext - 3 }),
    },
    service_time: serviceTime('minor-fault', attributed),
  };
  return {
    cow_breaks_total: total,
    cow_breaks_attributed_total: attributed,
    cow_breaks_estimated_total: estimated,
    cow_breaks_unattributed_total: total - attributed - estimated,
    cow,
  };
}

function serviceTime(by: string, timed: number): CowBreaks['service_time'] {
  if (timed === 0) return null;
  const weights = [0.02, 0.55, 0.36, 0.05, 0.015, 0.005];
  return {
    by,
    buckets: weights.map((weight, index) => ({
      lower_ns: 2 ** (10 + index),
      upper_ns: 2 ** (11 + index),
      count: Math.round(timed * weight),
    })),
    p50_ns: 4096,
    p99_ns: 32_768,
  };
}

function lifetimes(sec: number): SampleFrame['merge_lifetime'] {
  const weights = [0, 0, 1, 4, 9, 22, 64, 130, 210, 260, 190, 90, 40, 12, 3];
  return weights.map((weight, index) => ({
    lower_ms: index === 0 ? 0 : 2 ** (index + 4),
    upper_ms: 2 ** (index + 5),
    count: Math.round((weight * Math.max(0, sec - 62)) / 60),
  }));
}

export function processesAt(sec: number, profile: Profile): Process[] {
  const guests = [
    { pid: 2101, comm: 'demo-web-1', mib: 412, breaks: 3 },
    { pid: 2102, comm: 'demo-web-2', mib: 408, breaks: 2 },
    { pid: 2103, comm: 'demo-db', mib: 371, breaks: 1 },
    { pid: 2104, comm: 'demo-churn', mib: 96, breaks: 34 },
    { pid: 2105, comm: 'demo-late', mib: sec > 610 ? 240 : 0, breaks: 1 },
    { pid: 1990, comm: 'qemu-system-x86', mib: 58, breaks: 0, ended: true },
  ];
  return guests.map(({ pid, comm, mib, breaks, ended }) => {
    const merging = Math.round((mib * MIB * grown(sec, 62, 120)) / PAGE);
    const known: Process = { pid, comm, merging_pages: merging, ended: ended === true };
    if (profile === 'bare') return known;
    return {
      ...known,
      saved_bytes: Math.round(merging * PAGE * 0.82),
      zero_pages: Math.round(merging * 0.12),
      rmap_items: Math.round(merging * 1.4),
      profit_bytes: Math.round(merging * PAGE * 0.82 - merging * 1.4 * 64) - (merging === 0 ? 4096 : 0),
      anon_bytes: (mib + 64) * MIB,
      merges_total: Math.round(merging * 1.1),
      cow_breaks_total: Math.round(breaks * Math.max(0, sec - 62)),
      cow_breaks_seen: Math.round(breaks * Math.max(0, sec - 62) * (profile === 'exact' ? 1 : IN_WINDOWS)),
      zero_breaks_total: breaks > 10 ? Math.round(3 * Math.max(0, sec - 62)) : 0,
    };
  });
}

export function decisionsAt(startedMs: number, sec: number): Decision[] {
  return MOVES.filter(({ at }) => at <= sec).map((move, index) => {
    const before = knobsAt(move.at - 1);
    return {
      id: index + 1,
      time_ms: startedMs + move.at * 1_000,
      phase: move.phase,
      reason: `${move.why}.`,
      changes: [
        { knob: 'pages_to_scan', from: String(before.pages_to_scan), to: String(move.pages_to_scan) },
        { knob: 'sleep_millisecs', from: String(before.sleep_millisecs), to: String(move.sleep_millisecs) },
      ],
      written: true,
      expectation: { ksmd_cpu_pct: 4.1, full_scan_sec: 12, by_time_ms: startedMs + (move.at + 30) * 1_000 },
      ...(index > 0 && {
        outcome: {
          of_decision: index,
          held: index !== 2,
          text: `Decision ${index}: ksmd used 4.3 % where 4.1 % was expected.`,
        },
      }),
    };
  });
}

export function eventsAt(startedMs: number, sec: number): EventFrame[] {
  const events: EventFrame[] = [
    {
      time_ms: startedMs + 700,
      kind: 'EVENT_KIND_PROBE_STATE',
      text: 'Probe scanner is running.',
      probe: { name: 'scanner', state: 'running' },
    },
    {
      time_ms: startedMs + 60_000,
      kind: 'EVENT_KIND_PROCESS_ENTERED',
      text: 'demo-web-1 (2101) offered memory for merging.',
      process: { pid: 2101, comm: 'demo-web-1' },
    },
    {
      time_ms: startedMs + 480_000,
      kind: 'EVENT_KIND_KNOB_CHANGED',
      text: 'Somebody else changed smart_scan from 1 to 1.',
      knob: { knob: 'smart_scan', from: '1', to: '1', by: 'somebody else' },
    },
    {
      time_ms: startedMs + 608_000,
      kind: 'EVENT_KIND_PROCESS_ENTERED',
      text: 'demo-late (2105) offered memory for merging.',
      process: { pid: 2105, comm: 'demo-late' },
    },
  ];
  for (const decision of decisionsAt(startedMs, sec)) {
    events.push({ time_ms: decision.time_ms ?? 0, kind: 'EVENT_KIND_DECISION', text: decision.reason ?? '', decision });
  }
  for (let at = 76; at <= sec; at += 14) {
    const seq = Math.floor(at / 14);
    const { pages_to_scan, sleep_millisecs } = knobsAt(at);
    const isBurst = Number(pages_to_scan) > 1_000;
    const duration_us = Math.round((isBurst ? 2.7 : 12.4) * 1e6 * (1 + 0.08 * wobble(at, 90)));
    const cpu_us = Math.round(4e5 * (1 + 0.1 * wobble(at, 50)));
    const merges = isBurst ? Math.round(60_000 * Math.exp(-(at % 120) / 40)) : 0;
    const text = `Full scan ${seq} took ${(duration_us / 1e6).toFixed(1)} s and ${(cpu_us / 1e6).toFixed(1)} s of CPU.`;
    const failures = Math.round(Number(sleep_millisecs) / 4 + 3 * wobble(at, 70));
    events.push({
      time_ms: startedMs + at * 1_000,
      kind: 'EVENT_KIND_FULL_SCAN',
      text,
      full_scan: {
        seq,
        duration_us,
        cpu_us,
        rmap_items: 480_000,
        merges_new: merges,
        merges_into: 3 * merges + 40,
        failures: Math.max(0, failures),
      },
    });
  }
  return events
    .filter(({ time_ms }) => Number(time_ms) <= startedMs + sec * 1_000)
    .sort((a, b) => Number(a.time_ms) - Number(b.time_ms))
    .map((event, seq) => ({ ...event, seq }));
}

export function hostOf(startedMs: number, profile: Profile): Host {
  const isFull = profile !== 'bare';
  return {
    hostname: 'hv-7',
    kernel_release: isFull ? '6.18.0' : '5.10.0-30-amd64',
    machine: 'x86_64',
    page_size: PAGE,
    cpus: 16,
    mem_total_bytes: 16 * 1024 * MIB,
    ksmpilot_version: '0.1.0',
    ...(isFull && { bpftrace_version: '0.23.2' }),
    ksm_present: true,
    ksm_features: isFull
      ? ['run', 'pages_to_scan', 'sleep_millisecs', 'merge_across_nodes', 'use_zero_pages', 'max_page_sharing'].concat([
          'general_profit',
          'pages_scanned',
          'ksm_zero_pages',
          'smart_scan',
          'pages_skipped',
          'advisor_mode',
        ])
      : ['run', 'pages_to_scan', 'sleep_millisecs', 'merge_across_nodes', 'use_zero_pages', 'max_page_sharing'],
    probes: isFull
      ? [
          { name: 'scanner', state: 'running', detail: 'tracepoints of ksm', startup_ms: 640, restarts: 0 },
          {
            name: 'cow',
            state: 'running',
            detail: profile === 'exact' ? 'kprobe on do_wp_page' : 'page-fault tracepoints with a page walk',
            startup_ms: 910,
            restarts: 0,
          },
        ]
      : [
          {
            name: 'scanner',
            state: 'unavailable',
            detail: 'bpftrace is not on PATH; merges per process are not known.',
            restarts: 0,
          },
        ],
    rivals: isFull ? [] : ['ksmtuned'],
    problems: isFull
      ? []
      : [{ code: 'BPFTRACE_MISSING', what: 'bpftrace is not installed.', cure: 'Run `apt-get install bpftrace`.' }],
    root: true,
    agent_started_ms: startedMs,
  };
}
