/** The file that `record` writes and `simulate` reads: JSON lines, a header first. Pure. */

import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { HistogramBucket__Output } from '../../proto/generated/ksmpilot/v1/HistogramBucket.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { KsmpilotError } from '../agent/errors.js';
import { medianLifetimeSec } from '../agent/model/lifetime.js';
import type { HistorySample, HostHistory } from '../tuner/sim/history.js';

const FORMAT = 'ksmpilot-record';

/** Raised when a reader of the older one would misunderstand. */
const VERSION = 1;

const HINT = '`ksmpilot record FILE` writes one from a running agent.';

/** Samples of a week at one a second: more than a simulation can use. */
const MAX_SAMPLES = 700_000;

export function headerLine(host: Host__Output, recorder: string, startedMs: number): string {
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    recorded_by: recorder,
    agent_version: host.ksmpilot_version,
    hostname: host.hostname,
    kernel: host.kernel_release,
    machine: host.machine,
    page_size: host.page_size,
    cpus: host.cpus,
    mem_total_bytes: host.mem_total_bytes,
    started_ms: startedMs,
  });
}

/** One sample a line; what the host cannot say is left out. */
export function sampleLine(frame: SampleFrame__Output): string {
  const { processes } = frame;
  const alive = processes.filter(({ ended }) => !ended);
  const anon = alive.reduce((sum, { anon_bytes }) => sum + (anon_bytes ?? 0), 0);
  return JSON.stringify({
    time_ms: frame.time_ms,
    shared_bytes: frame.shared_bytes,
    sharing_bytes: frame.sharing_bytes,
    unshared_bytes: frame.unshared_bytes,
    volatile_bytes: frame.volatile_bytes,
    zero_bytes: frame.zero_bytes,
    ksmd_cpu_pct: frame.ksmd_cpu_pct,
    scan_pages_per_sec: frame.scan_pages_per_sec,
    skipped_pages_per_sec: frame.skipped_pages_per_sec,
    merges_total: frame.merges_total,
    cow_breaks_total: frame.cow_breaks_total,
    full_scans_total: frame.full_scans_total,
    mem_available_bytes: frame.mem_available_bytes,
    broken_lifetime_sec: lifetimeOf(frame.merge_lifetime) ?? undefined,
    // A look-back has no process tables: left out, not 0.
    ...(alive.length > 0 ? { offered_bytes: anon, offering_processes: alive.length } : {}),
    knobs: frame.knobs ?? undefined,
  });
}

function lifetimeOf(buckets: readonly HistogramBucket__Output[]): number | null {
  const plain = buckets.map(({ lower_ms, upper_ms, count }) => ({
    lowerMs: lower_ms,
    upperMs: upper_ms ?? null,
    count,
  }));
  return medianLifetimeSec(plain, []);
}

/** @throws KsmpilotError RECORD_INVALID, naming the file and the line */
export function parseRecord(text: string, path: string): HostHistory {
  const lines = text.split('\n');
  const header = fields(lines[0] ?? '', path, 1);
  if (header['format'] !== FORMAT) throw invalid(path, 1, `is no header of a record (format is not ${FORMAT})`);
  if (header['version'] !== VERSION) {
    const version = JSON.stringify(header['version']);
    throw invalid(path, 1, `is of version ${version}, and this ksmpilot reads version ${VERSION}`);
  }
  const pageSize = count(header, 'page_size', path, 1);
  if (pageSize === null || pageSize < 1) throw invalid(path, 1, 'has no page_size');
  const samples: HistorySample[] = [];
  const flags = { smartScan: false, useZeroPages: false };
  let firstMs: number | undefined;
  let lastMs = -Infinity;
  for (const [index, line] of lines.entries()) {
    // An empty last line ends the file; a record that was cut off may end in half a line.
    if (index === 0 || line.trim() === '') continue;
    if (index === lines.length - 1 && !line.endsWith('}')) continue;
    if (samples.length >= MAX_SAMPLES) throw invalid(path, index + 1, `is beyond ${MAX_SAMPLES} samples`);
    const values = fields(line, path, index + 1);
    const timeMs = count(values, 'time_ms', path, index + 1);
    if (timeMs === null) throw invalid(path, index + 1, 'has no time_ms');
    if (timeMs <= lastMs) throw invalid(path, index + 1, 'is not later than the line before');
    lastMs = timeMs;
    firstMs ??= timeMs;
    const sample = sampleOf(values, (timeMs - firstMs) / 1000, pageSize, { path, line: index + 1 });
    if (sample === null) continue;
    const knobs = values['knobs'] as Record<string, unknown>;
    flags.smartScan = knobs['smart_scan'] === 1;
    flags.useZeroPages = knobs['use_zero_pages'] === 1;
    samples.push(sample);
  }
  if (samples.length < 2) throw invalid(path, lines.length, 'is the end, and fewer than two samples came before');
  return { pageSize, memTotalBytes: count(header, 'mem_total_bytes', path, 1) ?? 0, ...flags, samples };
}

interface Place {
  readonly path: string;
  readonly line: number;
}

/** Null where the host could not be read at that moment. */
function sampleOf(
  values: Record<string, unknown>,
  atSec: number,
  pageSize: number,
  { path, line }: Place,
): HistorySample | null {
  const number = (name: string): number | null => count(values, name, path, line);
  const pages = (name: string): number => (number(name) ?? 0) / pageSize;
  const knobs = values['knobs'];
  if (typeof knobs !== 'object' || knobs === null || number('shared_bytes') === null) return null;
  const knob = (name: string): number | null => count(knobs as Record<string, unknown>, name, path, line);
  const [run, pages_to_scan, sleep_millisecs] = [knob('run'), knob('pages_to_scan'), knob('sleep_millisecs')];
  if (run === null || pages_to_scan === null || sleep_millisecs === null) return null;
  const cpuPct = number('ksmd_cpu_pct');
  const offered = number('offered_bytes');
  return {
    atSec,
    knobs: { run, pages_to_scan, sleep_millisecs },
    shared: pages('shared_bytes'),
    sharing: pages('sharing_bytes'),
    unshared: pages('unshared_bytes'),
    volatile: pages('volatile_bytes'),
    zero: pages('zero_bytes'),
    offered: offered === null ? null : offered / pageSize,
    cpuShare: cpuPct === null ? null : cpuPct / 100,
    breaks: number('cow_breaks_total'),
    merges: number('merges_total'),
    brokenLifetimeSec: number('broken_lifetime_sec'),
  };
}

function fields(line: string, path: string, at: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw invalid(path, at, 'is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, at, 'is no JSON object');
  return value as Record<string, unknown>;
}

function count(values: Record<string, unknown>, name: string, path: string, at: number): number | null {
  const value = values[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !(value >= 0) || value > Number.MAX_SAFE_INTEGER) {
    throw invalid(path, at, `has a ${name} that is no count`);
  }
  return value;
}

function invalid(path: string, line: number, what: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('RECORD_INVALID', `line ${line} of ${path} ${what}.`, { hint: HINT, cause });
}
