/** `ksmpilot estimate` as text. Pure. */

import type { EstimateResult, ProcessEstimate } from '../agent/estimate/estimate.js';
import type { MemoryHost } from '../agent/estimate/host-memory.js';
import type { Estimate } from '../agent/estimate/interval.js';
import { formatBytes, formatCount, formatDuration, formatPct, printable } from './format.js';
import type { Paint } from './format-colour.js';
import { clip, formatTable, type Column } from './format-table.js';

/** Processes listed; the others are in the sums, and in `--json`. */
const MOST_ROWS = 20;

const COMM_WIDTH = 24;

const COLUMNS: readonly Column[] = [
  { head: 'PID', align: 'right' },
  { head: 'COMM' },
  { head: 'PRIVATE', align: 'right' },
  { head: 'OFFERED', align: 'right' },
  { head: 'HUGE', align: 'right' },
  { head: 'ZERO', align: 'right' },
  { head: 'BY ITSELF', align: 'right' },
  { head: '95 % INTERVAL', align: 'right' },
];

/** @param elapsedMs what the estimate took */
export function estimateText(result: EstimateResult, host: MemoryHost, elapsedMs: number, paint: Paint): string {
  const { processes, totals } = result;
  const { pageSize } = host;
  const bytes = (pages: number): string => formatBytes(Math.round(pages * pageSize));
  const range = (estimate: Estimate): string => `${bytes(estimate.low)} to ${bytes(estimate.high)}`;
  const candidates = processes.reduce((sum, { candidatePages }) => sum + candidatePages, 0);
  const figures: readonly (readonly [string, string, string])[] = [
    ['if all of it were offered', bytes(totals.all.value), range(totals.all)],
    ['  within each process', bytes(totals.within.value), range(totals.within)],
    ['  across processes', bytes(totals.across.value), range(totals.across)],
    ['of what is offered now', bytes(totals.offered.value), range(totals.offered)],
    ['saved already', bytes(totals.already.value), range(totals.already)],
  ];
  const sums = formatTable(
    [{ head: 'KSM SAVES' }, { head: '', align: 'right' }, { head: '95 % INTERVAL', align: 'right' }],
    figures,
  );
  const rows = [...processes].sort((a, b) => b.candidatePages - a.candidatePages || a.pid - b.pid);
  const table = formatTable(
    COLUMNS,
    rows
      .slice(0, MOST_ROWS)
      .map((one) => [
        String(one.pid),
        clip(printable(one.comm), COMM_WIDTH),
        bytes(one.candidatePages),
        bytes(one.offeredPages),
        bytes(one.hugePages),
        bytes(one.zeroPages),
        bytes(one.within.value),
        range(one.within),
      ]),
  );
  const lines = [
    `Read ${bytes(candidates)} of private memory of ${processes.length === 1 ? 'one process' : `${formatCount(processes.length)} processes`} ` +
      `in ${formatDuration(elapsedMs)}.`,
    '',
    ...sums.map((line, index) => (index === 0 ? paint.bold(line) : line)),
    '',
    ...table.map((line, index) => (index === 0 ? paint.bold(line) : line)),
    ...(rows.length > MOST_ROWS ? [`and ${formatCount(rows.length - MOST_ROWS)} smaller ones`] : []),
    '',
    ...notes(result, host, rows).map((note) => `- ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Written over itself on stderr while the estimate is under way. */
export function progressText(doneBytes: number, ofBytes: number, elapsedMs: number): string {
  const share = ofBytes === 0 ? 100 : Math.min(100, (doneBytes / ofBytes) * 100);
  const rate = elapsedMs > 0 ? formatBytes(Math.round((doneBytes / elapsedMs) * 1000)) : formatBytes(0);
  return `Estimating: ${share.toFixed(0)} % of ${formatBytes(ofBytes)}, ${rate}/s`;
}

function notes(result: EstimateResult, host: MemoryHost, processes: readonly ProcessEstimate[]): string[] {
  const { refusals, sampling } = result;
  const bytes = (figure: (one: ProcessEstimate) => number): number =>
    processes.reduce((sum, one) => sum + figure(one), 0) * host.pageSize;
  const unfit = bytes(({ unfitPages }) => unfitPages);
  const swapped = bytes(({ swappedPages }) => swappedPages);
  const huge = bytes(({ hugePages }) => hugePages);
  const lost = processes.reduce((sum, { lostPages }) => sum + lostPages, 0);
  const gone = refusals.filter(({ state }) => state === 'gone').length;
  const refused = refusals.filter(({ state }) => state === 'refused');
  return [
    sampling.rate >= 1
      ? 'Every page was compared with every other, so nothing is left to chance: the intervals are points.'
      : `${formatPct(sampling.rate * 100)} of the contents were looked at (${formatCount(sampling.contents)}), ` +
        'and all copies of these were counted; frequent ones always.',
    ...(sampling.rate < sampling.begunRate
      ? [`The rate was lowered from ${formatPct(sampling.begunRate * 100)} on the way to keep to 60 MB.`]
      : []),
    'Contents change: pages that are rewritten all the time are counted here and will not stay merged.',
    `A KSM page serves ${formatCount(host.rules.maxPageSharing)} copies at most (max_page_sharing).`,
    ...(huge > 0 ? [`${formatBytes(huge)} are in huge pages, which merging splits: guests may run slower.`] : []),
    ...(unfit > 0 ? [`${formatBytes(unfit)} more are shared, a file's or of hugetlbfs: KSM does not take them.`] : []),
    ...(swapped > 0 ? [`${formatBytes(swapped)} are swapped out and were not looked at.`] : []),
    ...(lost > 0 ? [`Pages that went away before they could be read: ${formatCount(lost)}.`] : []),
    ...(result.without.length > 0
      ? [`Processes without private memory, kernel threads among them: ${formatCount(result.without.length)}.`]
      : []),
    ...(gone > 0 ? [`Processes that ended before they were read: ${formatCount(gone)}.`] : []),
    ...(refused[0] === undefined
      ? []
      : [
          `${formatCount(refused.length)} processes could not be read. The first: ${printable(refused[0].error.message)}`,
        ]),
    ...(sampling.forgottenFrames > 0
      ? [`Shared frames that may have been counted twice: ${formatCount(sampling.forgottenFrames)}.`]
      : []),
    ...(host.ksmPresent ? [] : ['This kernel has no KSM, so nothing will merge before another one is booted.']),
  ];
}
