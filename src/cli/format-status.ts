/** `ksmpilot status` as text. Pure. */

import type { Host__Output } from '../../proto/generated/ksmpilot/v1/Host.js';
import type { Probe__Output } from '../../proto/generated/ksmpilot/v1/Probe.js';
import type { Status__Output } from '../../proto/generated/ksmpilot/v1/Status.js';
import { formatBytes, formatCores, formatCount, formatPct, formatRate, printable, UNKNOWN } from './format.js';
import { breakLines, writerLines } from './format-breaks.js';
import type { Paint } from './format-colour.js';
import { KNOBS, modeName } from './format-json.js';
import { formatTable } from './format-table.js';
import { reasonOf } from './format-tune.js';

/** Where and what, in one line: for `status` and `top`. */
export function headline(status: Status__Output, host: Host__Output, paint: Paint): string {
  const mode = `${modeName(status.mode)}${status.paused ? ' (paused)' : ''}`;
  return `${paint.bold(printable(host.hostname))}  Linux ${printable(host.kernel_release)}  mode ${paint.bold(mode)}`;
}

/** The figures that matter, name and value: for `status` and `top`. */
export function figures(status: Status__Output): (readonly [name: string, value: string])[] {
  const sample = status.sample;
  // The kernel takes off what broke or ended when ksmd next comes by.
  const asOf = sample?.knobs?.run === 0 ? ', as of the last scan' : '';
  return [
    [
      'saved',
      `${formatBytes(sample?.saved_bytes)}; ${formatBytes(sample?.profit_bytes)} after KSM's own memory${asOf}`,
    ],
    [
      'ksmd',
      `${formatPct(sample?.ksmd_cpu_pct)} of one core, scanning ${formatRate(sample?.scan_pages_per_sec, 'pages')}`,
    ],
    ['net worth', `${formatCores(sample?.net_cores)} at the price set`],
    [
      'merges',
      `${formatCount(sample?.merges_total)} since the agent's start, now ${formatRate(sample?.merges_per_sec)}`,
    ],
    ...breakLines(status),
    ...((sample?.lost_events_total ?? 0) > 0
      ? [['lost events', `${formatCount(sample?.lost_events_total)} lines of bpftrace; no counts`] as const]
      : []),
  ];
}

export function statusText(status: Status__Output, host: Host__Output, paint: Paint): string {
  const lines = [headline(status, host, paint)];
  if (status.sample === null) lines.push('', 'No sample yet.');
  lines.push(
    '',
    ...formatTable([{ head: 'figure' }, { head: 'now' }], [...figures(status), ...writerLines(status)]).slice(1),
  );
  lines.push('', ...knobLines(status));
  if (status.decision !== null) {
    lines.push('', `Tuner: ${reasonOf(status.decision)}`);
  }
  lines.push('', ...probeLines(status.probes, paint), ...problemLines(host, paint));
  return `${lines.join('\n')}\n`;
}

function knobLines(status: Status__Output): string[] {
  const { baseline } = status;
  const now = status.sample?.knobs ?? null;
  const rows = KNOBS.filter((knob) => now?.[knob] !== undefined || baseline?.[knob] !== undefined).map((knob) => {
    const cells = [knob, String(now?.[knob] ?? UNKNOWN)];
    return baseline === null ? cells : [...cells, String(baseline[knob] ?? UNKNOWN)];
  });
  if (rows.length === 0) return ['Knobs: not known.'];
  const columns = [{ head: 'KNOB' }, { head: 'NOW', align: 'right' as const }];
  if (baseline === null) return formatTable(columns, rows);
  return formatTable([...columns, { head: 'BEFORE KSMPILOT', align: 'right' }], rows);
}

function probeLines(probes: readonly Probe__Output[], paint: Paint): string[] {
  if (probes.length === 0) return ['Probes: none.'];
  const rows = probes.map(({ name, state, detail }) => [name, state, printable(detail)]);
  return formatTable([{ head: 'PROBE' }, { head: 'STATE' }, { head: 'DETAIL' }], rows).map((line, index) =>
    index === 0 || probes[index - 1]?.state === 'running' ? line : paint.yellow(line),
  );
}

function problemLines(host: Host__Output, paint: Paint): string[] {
  const lines: string[] = [];
  for (const { code, what, cure } of host.problems) {
    lines.push(paint.yellow(`${code}: ${printable(what)}`), `  ${printable(cure)}`);
  }
  if (host.rivals.length > 0)
    lines.push(paint.yellow(`Other tuners on this host: ${printable(host.rivals.join(', '))}`));
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Another program sees the same. */
function isNeedless({ state, detail }: Probe__Output): boolean {
  return state === 'off' && detail.startsWith('not needed');
}

/** What cannot be shown because a probe does not run, one sentence each; for views that have no room for a table. */
export function missingNotes(probes: readonly Probe__Output[]): string[] {
  return probes
    .filter((probe) => probe.state !== 'running' && !isNeedless(probe))
    .map(({ name, state, detail }) => `probe ${name} is ${state}${detail === '' ? '' : `: ${printable(detail)}`}`);
}
