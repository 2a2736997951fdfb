/** Tuner state and decisions as text. Pure. */

import type { Decision__Output } from '../../proto/generated/ksmpilot/v1/Decision.js';
import type { Tuner__Output } from '../../proto/generated/ksmpilot/v1/Tuner.js';
import { formatBytes, formatClock, formatDuration, formatPct, printable, UNKNOWN } from './format.js';
import type { Paint } from './format-colour.js';
import { estimatesLine, estimatesTable } from './format-estimates.js';
import { modeName } from './format-json.js';

const MEANING = {
  MODE_UNSPECIFIED: '',
  MODE_OBSERVE: 'watches, decides nothing, writes nothing',
  MODE_ADVISE: 'decides and tells, writes nothing',
  MODE_AUTO: 'decides and writes the knobs',
} as const;

/** Mode, settings and the newest decision. */
export function tunerText(tuner: Tuner__Output, paint: Paint): string {
  const paused = tuner.paused ? '; paused: the knobs stay where they are until `ksmpilot tune resume`' : '';
  const lines = [`Mode ${paint.bold(modeName(tuner.mode))}: ${MEANING[tuner.mode]}${paused}.`];
  const { settings } = tuner;
  if (settings !== null) {
    lines.push(
      `Price ${settings.gib_per_core ?? UNKNOWN} GiB a core; ksmd at most ${formatPct(settings.max_cpu_pct)} of one ` +
        `core; may start KSM: ${yesNo(settings.may_start)}, stop it: ${yesNo(settings.may_stop)}, ` +
        `hold smart_scan at 0: ${yesNo(settings.smart_scan)}.`,
    );
  }
  const newest = tuner.mode === 'MODE_OBSERVE' ? undefined : tuner.decisions.at(-1);
  if (newest !== undefined) lines.push('', ...decisionLines(newest, paint, false));
  return `${lines.join('\n')}\n`;
}

/** Every decision told, oldest first; the newest with its estimates one by one. */
export function explainText(tuner: Tuner__Output, paint: Paint): string {
  if (tuner.decisions.length === 0) {
    const why = tuner.mode === 'MODE_OBSERVE' ? ' In observe mode there is no policy: try `ksmpilot tune advise`.' : '';
    return `No decision yet.${why}\n`;
  }
  const newest = tuner.decisions.length - 1;
  const blocks = tuner.decisions.map((decision, index) => decisionLines(decision, paint, index === newest).join('\n'));
  return `${blocks.join('\n\n')}\n`;
}

/** The reason, led by its phase where its own words do not say it. */
export function reasonOf({ phase, reason }: Decision__Output): string {
  const says = reason.toLowerCase().startsWith(phase.toLowerCase());
  return printable(says ? reason : `${phase}: ${reason}`);
}

/** @param inFull estimates one by one, else all on one line */
function decisionLines(decision: Decision__Output, paint: Paint, inFull: boolean): string[] {
  const { expectation, outcome } = decision;
  const lines = [`${paint.bold(`#${decision.id}`)} ${formatClock(decision.time_ms)}  ${reasonOf(decision)}`];
  if (decision.changes.length > 0) {
    const changes = decision.changes.map(({ knob, from, to }) => `${knob} ${from} -> ${to}`).join(', ');
    lines.push(`  ${decision.written ? 'wrote' : 'would write'}: ${printable(changes)}`);
  }
  const { estimates } = decision;
  if (estimates.length > 0 && inFull)
    lines.push('  estimates:', ...estimatesTable(estimates).map((line) => `    ${line}`));
  else if (estimates.length > 0) lines.push(`  estimates: ${estimatesLine(estimates)}`);
  if (expectation !== null) {
    const expected = [
      ...(expectation.ksmd_cpu_pct === undefined ? [] : [`ksmd ${formatPct(expectation.ksmd_cpu_pct)}`]),
      ...(expectation.full_scan_sec === undefined
        ? []
        : [`a full scan in ${formatDuration(expectation.full_scan_sec * 1000)}`]),
      ...(expectation.saved_bytes === undefined ? [] : [`${formatBytes(expectation.saved_bytes)} saved`]),
    ].join(', ');
    if (expected !== '') lines.push(`  expects: ${expected}, by ${formatClock(expectation.by_time_ms)}`);
  }
  if (outcome !== null) {
    const verdict = outcome.held ? paint.green('came true') : paint.yellow('did not come true');
    lines.push(`  outcome of #${outcome.of_decision}: ${verdict}. ${printable(outcome.text)}`);
  }
  return lines;
}

function yesNo(allowed: boolean | undefined): string {
  return allowed === true ? 'yes' : 'no';
}
