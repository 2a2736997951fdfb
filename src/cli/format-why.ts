/** `ksmpilot why` as text and as JSON. Pure. */

import { verdictOn } from '../agent/why/answer.js';
import type { Evidence } from '../agent/why/evidence.js';
import { reasonsFor, standingOf, standsInTheWay } from '../agent/why/judge.js';
import type { Fact, Reason } from '../agent/why/reason.js';
import { formatBytes, formatCount, formatDuration, printable } from './format.js';
import type { Paint } from './format-colour.js';
import { formatTable } from './format-table.js';

const WIDTH = 80;
const INDENT = '   ';

export function whyJson(evidence: Evidence): Record<string, unknown> {
  const { guest, look, gaps } = evidence;
  const standing = standingOf(evidence);
  const reasons = reasonsFor(evidence);
  return {
    guest: { name: guest.name, kind: guest.kind, id: guest.id, pids: guest.pids, processes_read: guest.processesRead },
    resident_bytes: standing.residentBytes,
    offered_bytes: standing.offeredBytes,
    merged_bytes: standing.mergedBytes ?? null,
    zero_bytes: standing.zeroBytes ?? null,
    unmerged_bytes: standing.unmergedBytes,
    nothing_in_the_way: !standsInTheWay(reasons),
    contents_looked_at: look?.drawn ?? null,
    reasons: reasons.map(({ code, effect, sentence, evidence: facts, cure, bytes, bound }) => ({
      code,
      effect,
      sentence,
      evidence: facts.map(({ what, value, unit, source }) => ({ what, value, unit: unit ?? null, source })),
      cure,
      bytes: bytes ?? null,
      bound: bound ?? null,
    })),
    gaps,
  };
}

export function whyText(evidence: Evidence, paint: Paint): string {
  const { guest, gaps } = evidence;
  const { residentBytes, offeredBytes, mergedBytes, zeroBytes } = standingOf(evidence);
  const reasons = reasonsFor(evidence);
  const more = guest.processesRead > 1 ? ` and ${guest.processesRead - 1} more` : '';
  const lines = [
    paint.bold(`${printable(guest.name)} (${guest.kind}, pid ${guest.pids[0] ?? '-'}${more})`),
    ...wrap(
      `${formatBytes(residentBytes)} in memory, ${formatBytes(offeredBytes)} of it offered to KSM, ` +
        `${formatBytes(mergedBytes)} merged, ${formatBytes(zeroBytes)} on the zero page.`,
    ),
    '',
  ];
  reasons.forEach((reason, index) => lines.push(...reasonLines(reason, index + 1, paint), ''));
  lines.push(...wrap(verdictOn(evidence, reasons)));
  for (const gap of gaps) lines.push(...wrap(`Note: ${printable(gap)}`));
  return `${lines.join('\n')}\n`;
}

function reasonLines(reason: Reason, number: number, paint: Paint): string[] {
  const { code, effect, sentence, evidence, cure, bytes, bound } = reason;
  const size = bytes === undefined ? '' : `  ${bound === 'exact' ? '' : `${bound ?? 'about'} `}${formatBytes(bytes)}`;
  const head = `${number}. ${code}${size}`;
  const facts = formatTable(
    [{ head: '' }, { head: '', align: 'right' }, { head: '' }],
    evidence.map((fact) => [printable(fact.what), printable(factText(fact)), `(${printable(fact.source)})`]),
  );
  return [
    effect === 'bars' ? paint.red(head) : effect === 'note' ? head : paint.yellow(head),
    ...wrap(printable(sentence), INDENT),
    ...facts.slice(1).map((line) => `${INDENT}  ${line}`),
    ...wrap(`Cure: ${printable(cure)}`, INDENT),
  ];
}

function factText({ value, unit }: Fact): string {
  if (typeof value === 'string') return value;
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 's') return formatDuration(value * 1000);
  return unit === undefined ? String(value) : `${formatCount(value)} ${unit}`;
}

/** Lines of at most 80 columns; a word that is longer stands alone. */
function wrap(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, indent + line];
}
