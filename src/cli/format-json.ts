/** The `--json` answers. Names are a contract with scripts: every key is always there, unknown is null, never 0. */

import type { CowBreaks__Output } from '../../proto/generated/ksmpilot/v1/CowBreaks.js';
import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Knobs__Output } from '../../proto/generated/ksmpilot/v1/Knobs.js';
import type { Mode__Output } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { Process__Output } from '../../proto/generated/ksmpilot/v1/Process.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';

type Json = Readonly<Record<string, unknown>>;

const MODES = {
  MODE_UNSPECIFIED: 'unknown',
  MODE_OBSERVE: 'observe',
  MODE_ADVISE: 'advise',
  MODE_AUTO: 'auto',
} as const satisfies Record<Mode__Output, string>;

export function modeName(mode: Mode__Output): string {
  return MODES[mode];
}

/** Knobs in the order of proto/ksmpilot/v1. */
export const KNOBS = [
  'run',
  'pages_to_scan',
  'sleep_millisecs',
  'smart_scan',
  'use_zero_pages',
  'merge_across_nodes',
  'max_page_sharing',
  'advisor_mode',
] as const satisfies readonly (keyof Knobs__Output)[];

export function knobsJson(knobs: Knobs__Output | null | undefined): Json | null {
  return knobs === null || knobs === undefined ? null : pick(knobs, KNOBS);
}

const FIGURES = [
  'seq',
  'time_ms',
  'saved_bytes',
  'profit_bytes',
  'shared_bytes',
  'sharing_bytes',
  'unshared_bytes',
  'volatile_bytes',
  'zero_bytes',
  'ksmd_cpu_pct',
  'scan_pages_per_sec',
  'skipped_pages_per_sec',
  'merges_per_sec',
  'cow_breaks_per_sec',
  'merges_total',
  'cow_breaks_total',
  'cow_breaks_attributed_total',
  'cow_breaks_unattributed_total',
  'cow_breaks_estimated_total',
  'zero_breaks_total',
  'full_scans_total',
  'net_cores',
  'mem_available_bytes',
  'cpu_pressure_pct',
  'memory_pressure_pct',
  'unmerge_needed_bytes',
  'unmerge_usable_bytes',
  'lost_events_total',
  'lifetime_sampled_one_in',
  'merge_lifetime_p50_ms',
] as const satisfies readonly (keyof NonNullable<Status__Output['sample']>)[];

export function statusJson(status: Status__Output, host: Host__Output): Json {
  return {
    mode: modeName(status.mode),
    paused: status.paused,
    ...pick(status.sample, FIGURES),
    knobs: pick<Knobs__Output>(status.sample?.knobs ?? null, KNOBS),
    baseline: knobsJson(status.baseline),
    probes: status.probes.map(({ name, state, detail, startup_ms, restarts }) => ({
      name,
      state,
      detail,
      startup_ms: startup_ms ?? null,
      restarts,
    })),
    cow: cowJson(status.sample?.cow ?? null),
    decision: status.decision === null ? null : decisionJson(status.decision),
    merge_lifetime: (status.sample?.merge_lifetime ?? []).map((bucket) => ({
      lower_ms: bucket.lower_ms,
      upper_ms: bucket.upper_ms ?? null,
      count: bucket.count,
    })),
    host: {
      hostname: host.hostname,
      kernel: host.kernel_release,
      ksm_present: host.ksm_present,
      rivals: host.rivals,
      problems: host.problems,
      ksmpilot: host.ksmpilot_version,
      agent_started_ms: host.agent_started_ms,
    },
  };
}

/** null: counters only, or not counted yet. Within: a kind that this tier cannot see is null. */
function cowJson(cow: CowBreaks__Output | null): Json | null {
  if (cow === null) return null;
  const { duty, service_time: service } = cow;
  return {
    ...pick(cow, ['tier', 'by_user', 'by_kernel', 'by_guest', 'by_remote', 'by_unmerge', 'by_pin'] as const),
    duty: duty === null ? null : pick(duty, ['open', 'windows', 'coverage', 'cost_cores', 'next_in_sec'] as const),
    service_time:
      service === null
        ? null
        : {
            ...pick(service, ['by', 'p50_ns', 'p99_ns'] as const),
            buckets: service.buckets.map((bucket) => pick(bucket, ['lower_ns', 'upper_ns', 'count'] as const)),
          },
  };
}

const PROCESS_FIGURES = [
  'saved_bytes',
  'merging_pages',
  'zero_pages',
  'rmap_items',
  'profit_bytes',
  'anon_bytes',
  'merges_total',
  'cow_breaks_total',
  'cow_breaks_seen',
  'zero_breaks_total',
] as const satisfies readonly (keyof Process__Output)[];

export function processJson(process: Process__Output): Json {
  return { pid: process.pid, comm: process.comm, ...pick(process, PROCESS_FIGURES), ended: process.ended };
}

export function decisionJson(decision: Decision__Output): Json {
  const { expectation, outcome } = decision;
  return {
    id: decision.id,
    time_ms: decision.time_ms,
    phase: decision.phase,
    reason: decision.reason,
    changes: decision.changes.map(({ knob, from, to }) => ({ knob, from, to })),
    written: decision.written,
    estimates: decision.estimates.map(({ name, value, plus_minus, unit }) => ({
      name,
      value: value ?? null,
      plus_minus: plus_minus ?? null,
      unit,
    })),
    expectation:
      expectation === null
        ? null
        : pick(expectation, ['ksmd_cpu_pct', 'full_scan_sec', 'saved_bytes', 'by_time_ms'] as const),
    outcome: outcome === null ? null : pick(outcome, ['of_decision', 'held', 'text'] as const),
  };
}

export function tunerJson(tuner: Tuner__Output): Json {
  return {
    mode: modeName(tuner.mode),
    paused: tuner.paused,
    settings: pick(tuner.settings, [
      'gib_per_core',
      'max_cpu_pct',
      'min_full_scan_sec',
      'max_full_scan_sec',
      'may_start',
      'may_stop',
      'smart_scan',
    ] as const),
    baseline: knobsJson(tuner.baseline),
    decisions: tuner.decisions.map(decisionJson),
  };
}

/** Those keys, absent ones as null. */
function pick<T extends object>(from: T | null, keys: readonly (keyof T & string)[]): Json {
  return Object.fromEntries(keys.map((key) => [key, from?.[key] ?? null]));
}
