/** The file that `record` writes and `simulate` reads: JSON lines, a header first. Pure. */

import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { HistogramBucket__Output } from '../../proto/generated/ksmpilot/v1/HistogramBucket.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { KsmpilotError } from '../agent/errors.js';
import { medianLifetimeSec } from '../agent/model/lifetime.js';
import { HistoryMaker, type RecordedSample } from '../agent/what-if/recorded.js';
import type { HostHistory } from '../tuner/sim/history.js';

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
  const history = new HistoryMaker(pageSize);
  let lastMs = -Infinity;
  for (const [index, line] of lines.entries()) {
    // An empty last line ends the file; a record that was cut off may end in half a line.
    if (index === 0 || line.trim() === '') continue;
    if (index === lines.length - 1 && !line.endsWith('}')) continue;
    if (history.size >= MAX_SAMPLES) throw invalid(path, index + 1, `is beyond ${MAX_SAMPLES} samples`);
    const sample = sampleOf(fields(line, path, index + 1), { path, line: index + 1 });
    if (sample.time_ms <= lastMs) throw invalid(path, index + 1, 'is not later than the line before');
    lastMs = sample.time_ms;
    history.add(sample);
  }
  if (history.size < 2) throw invalid(path, lines.length, 'is the end, and fewer than two samples came before');
  return history.finish(count(header, 'mem_total_bytes', path, 1) ?? 0);
}

interface Place {
  readonly path: string;
  readonly line: number;
}

function sampleOf(values: Record<string, unknown>, { path, line }: Place): RecordedSample {
  const number = (name: string): number | null => count(values, name, path, line);
  const timeMs = number('time_ms');
  if (timeMs === null) throw invalid(path, line, 'has no time_ms');
  const knobs = values['knobs'];
  const knob = (name: string): number | null => count(knobs as Record<string, unknown>, name, path, line);
  return {
    time_ms: timeMs,
    shared_bytes: number('shared_bytes'),
    sharing_bytes: number('sharing_bytes'),
    unshared_bytes: number('unshared_bytes'),
    volatile_bytes: number('volatile_bytes'),
    zero_bytes: number('zero_bytes'),
    offered_bytes: number('offered_bytes'),
    ksmd_cpu_pct: number('ksmd_cpu_pct'),
    cow_breaks_total: number('cow_breaks_total'),
    merges_total: number('merges_total'),
    broken_lifetime_sec: number('broken_lifetime_sec'),
    knobs:
      typeof knobs !== 'object' || knobs === null
        ? null
        : {
            run: knob('run'),
            pages_to_scan: knob('pages_to_scan'),
            sleep_millisecs: knob('sleep_millisecs'),
            smart_scan: knob('smart_scan'),
            use_zero_pages: knob('use_zero_pages'),
          },
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
