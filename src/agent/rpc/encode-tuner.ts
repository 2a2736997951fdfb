/** Model -> protobuf messages: mode, decisions, settings, restore. Pure. */

import type { Decision } from '../../../proto/generated/ksmpilot/v1/Decision.js';
import type { Mode as ProtoMode } from '../../../proto/generated/ksmpilot/v1/Mode.js';
import type { RestoreReport as ProtoRestoreReport } from '../../../proto/generated/ksmpilot/v1/RestoreReport.js';
import type { Settings } from '../../../proto/generated/ksmpilot/v1/Settings.js';
import type { Status } from '../../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner } from '../../../proto/generated/ksmpilot/v1/Tuner.js';
import type { TunerSettings as ProtoTunerSettings } from '../../../proto/generated/ksmpilot/v1/TunerSettings.js';
import type { Expectation, Mode, TunerSettings } from '../../tuner/types.js';
import type { RecordedDecision } from '../model/event.js';
import type { RestoreReport } from '../model/knobs.js';
import { toCount, toFigure } from './encode-number.js';
import { encodeKnobs, encodeProbe, encodeSample } from './encode.js';
import type { AgentPort } from './port.js';

const PROTO_MODE = {
  observe: 'MODE_OBSERVE',
  advise: 'MODE_ADVISE',
  auto: 'MODE_AUTO',
} as const satisfies Record<Mode, ProtoMode>;

export function encodeMode(mode: Mode): ProtoMode {
  return PROTO_MODE[mode];
}

export function encodeDecision({ decision, timeMs, written }: RecordedDecision): Decision {
  const { expectation, outcome } = decision;
  return {
    id: decision.id,
    time_ms: timeMs,
    phase: decision.phase,
    reason: decision.reason,
    changes: decision.changes.map(({ knob, from, to }) => ({ knob, from: String(from), to: String(to) })),
    written,
    estimates: decision.estimates.map(({ name, value, plusMinus, unit }) => ({
      name,
      value: toFigure(value),
      plus_minus: toFigure(plusMinus),
      unit,
    })),
    expectation: expectation === null ? null : encodeExpectation(expectation, timeMs - decision.monoMs),
    outcome: outcome === null ? null : { of_decision: outcome.ofDecision, held: outcome.held, text: outcome.text },
  };
}

/** @param wallOffsetMs Wall clock minus monotonic clock: the tuner knows only the latter, readers only the former. */
function encodeExpectation(expectation: Expectation, wallOffsetMs: number): NonNullable<Decision['expectation']> {
  return {
    ksmd_cpu_pct: toFigure(expectation.ksmdCpuPct),
    full_scan_sec: toFigure(expectation.fullScanSec),
    saved_bytes: toCount(expectation.savedBytes),
    by_time_ms: toCount(expectation.byMonoMs + wallOffsetMs),
  };
}

export function encodeTunerSettings(settings: TunerSettings): ProtoTunerSettings {
  return {
    gib_per_core: settings.gibPerCore,
    max_cpu_pct: settings.maxCpuPct,
    min_full_scan_sec: settings.minFullScanSec,
    max_full_scan_sec: settings.maxFullScanSec,
    may_start: settings.mayStart,
    may_stop: settings.mayStop,
    smart_scan: settings.smartScan,
  };
}

/** What the services ask of the agent for `Settings`, `Tuner` and `Status`. */
type Told = Pick<
  AgentPort,
  'mode' | 'paused' | 'decisions' | 'settings' | 'baseline' | 'latest' | 'host' | 'configJson'
>;

export function encodeSettings(port: Told): Settings {
  return { tuner: encodeTunerSettings(port.settings()), config_json: port.configJson() };
}

/** @param decisions How many past decisions to include. */
export function encodeTuner(port: Told & Pick<AgentPort, 'decisionTally'>, decisions: number): Tuner {
  const baseline = port.baseline();
  const tally = port.decisionTally();
  return {
    mode: encodeMode(port.mode()),
    paused: port.paused(),
    decisions: port.decisions(decisions).map(encodeDecision),
    settings: encodeTunerSettings(port.settings()),
    baseline: baseline === undefined ? null : encodeKnobs(baseline.knobs),
    phases: Object.entries(tally.phases).map(([phase, counts]) => ({ phase, ...counts })),
    expectations_held: tally.held,
    expectations_missed: tally.missed,
  };
}

export function encodeStatus(port: Told): Status {
  const point = port.latest();
  const baseline = port.baseline();
  // A decision of an earlier mode says nothing about what happens now.
  const decision = port.mode() === 'observe' ? undefined : port.decisions(1).at(-1);
  return {
    mode: encodeMode(port.mode()),
    sample: point === undefined ? null : encodeSample(point),
    baseline: baseline === undefined ? null : encodeKnobs(baseline.knobs),
    probes: port.host().probes.map(encodeProbe),
    paused: port.paused(),
    decision: decision === undefined ? null : encodeDecision(decision),
  };
}

export function encodeRestoreReport(report: RestoreReport): ProtoRestoreReport {
  return {
    restored: report.restored.map((change) => ({ ...change })),
    left: [...report.left],
    failed: [...(report.failed ?? [])],
  };
}
