/** Simulated policies as a table and as JSON. Pure. */

import { fitSentence } from '../agent/what-if/replay.js';
import type { Fit } from '../tuner/sim/reconstruct.js';
import { netCoreSec, type SimResult } from '../tuner/sim/simulate.js';
import { formatBytes, formatDuration, formatPct } from './format.js';
import { formatTable } from './format-table.js';

export interface SimReport {
  /** What was simulated, for people. */
  readonly what: string;
  /** The file, or the scenario's name. */
  readonly source: string;
  readonly seconds: number;
  readonly gibPerCore: number;
  /** Of a record only. */
  readonly fit: Fit | null;
  readonly unknowns: readonly string[];
  readonly results: readonly SimResult[];
}

export function simulateText(report: SimReport): string {
  const { results, gibPerCore } = report;
  const rows = results.map((one) => [
    one.policy,
    figure(one.savedGibSec),
    figure(one.ksmdCpuSec),
    figure(netCoreSec(one, gibPerCore)),
    one.t95Sec === null ? 'never' : formatDuration(one.t95Sec * 1000),
    formatBytes(Math.round(one.endSavedBytes)),
    formatPct(one.worstCpuPct),
  ]);
  const columns = ['policy', 'saved GiB*s', 'ksmd CPU s', 'net core-s', 'to 95 %', 'saved at end', 'worst 10 s'].map(
    (head, index) => ({ head, align: index === 0 ? ('left' as const) : ('right' as const) }),
  );
  return [
    `${report.source}: ${report.what}.`,
    '',
    ...formatTable(columns, rows),
    '',
    `Net: saved memory at ${gibPerCore} GiB a core, less the CPU of ksmd. To 95 %: of ${reachable(results)}, the most that could be saved.`,
    ...(report.fit === null ? [] : [fitSentence(report.fit)]),
    ...(report.unknowns.length === 0
      ? []
      : ['', 'What this cannot tell:', ...report.unknowns.map((one) => `  - ${one}`)]),
    '',
  ].join('\n');
}

function reachable(results: readonly SimResult[]): string {
  return formatBytes(Math.round(Math.max(0, ...results.map((one) => one.reachableBytes))));
}

/** Four digits or all before the point. */
function figure(value: number): string {
  const size = Math.abs(value);
  const text = value.toFixed(size >= 1000 ? 0 : size >= 10 ? 1 : 2);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}

/** Names as in bench/'s rows where they are the same thing. */
export function simulateJson(report: SimReport): object {
  const { fit } = report;
  return {
    source: report.source,
    what: report.what,
    seconds: report.seconds,
    gib_per_core: report.gibPerCore,
    fit:
      fit === null ? null : { cost_factor: fit.costFactor, saved_error: fit.savedError, ksmd_cpu_error: fit.cpuError },
    unknowns: report.unknowns,
    rows: report.results.map((one) => ({
      policy: one.policy,
      saved_gib_s: one.savedGibSec,
      ksmd_cpu_s: one.ksmdCpuSec,
      net_core_s: netCoreSec(one, report.gibPerCore),
      t95_s: one.t95Sec,
      saved_end_bytes: Math.round(one.endSavedBytes),
      reachable_bytes: Math.round(one.reachableBytes),
      full_scans: one.fullScans,
      cow_breaks: one.cowBreaks,
      knob_writes: one.knobWrites,
      worst_cpu_pct: one.worstCpuPct,
    })),
  };
}
