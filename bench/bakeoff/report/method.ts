import { LEAST_ALLOWANCE, OURS, REFERENCE } from '../compare.js';
import { spread } from '../statistics.js';
import type { Row } from '../types.js';
import { mixedBuilds, mixedWindows } from './coverage.js';
import { counted, fixed, listed, withSpread } from './format.js';

/** Where the runner ran; rows know the kernel only. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  /** `v20.20.2` */
  readonly node: string;
}

/** `Linux 6.18.44, 2 cores (AMD EPYC), Node v20.20.2; 264 runs from ... to ...; other load ...` */
export function machineLine(rows: readonly Row[], machine: Machine | undefined): string {
  const kernels = [...new Set(rows.map(({ kernel }) => `Linux ${upstream(kernel)}`))];
  const times = rows.map(({ at }) => at).toSorted();
  const load = spread(rows.map((row) => row.foreign_load));
  const breakNs = spread(rows.map((row) => row.cow_break_cost_s * 1e9));
  const [mixed, windows] = [mixedBuilds(rows), mixedWindows(rows)];
  return [
    [...kernels, ...(machine ? [counted(machine.cores, 'core'), machine.cpu, `Node ${machine.node}`] : [])].join(', ') +
      '.',
    `${counted(rows.length, 'run')} from ${minute(times[0])} to ${minute(times.at(-1))}.`,
    load && `Other load on the machine: ${withSpread(load, 2)} cores.`,
    breakNs && `A COW break costs ${withSpread(breakNs, 0)} ns.`,
    mixed.length > 0 && `**Not alike: ${listed(mixed)} ran from different builds of the bench or the tuner.**`,
    windows.length > 0 && `**Not alike: ${listed(windows)} ran with windows of different length.**`,
  ]
    .filter(Boolean)
    .join('\n');
}

export const HOW_TO_READ = `\
- **net**: what the saving was worth less what it cost, in core-seconds over the window:
  \`saved GiB s / price − CPU seconds of ksmd − COW breaks x their cost\`. Below 0 merging cost more than it gave.
- **price**: GiB of memory, held for an hour, that are worth one core for an hour. The lower, the dearer memory. ${OURS} is told the
  price and runs once for each; no other policy knows one, so its runs are valued at all three.
- **GiB s**: memory saved, times how long. 1 GiB s is 1 GiB for a second or 100 MiB for ten.
- **saved**: as the kernel counts it, but never more than the script of the workload says could have been saved at that moment.
  The kernel keeps counting a page as saved after a write broke it, or its guest ended, until ksmd comes by: without this bound the slowest
  scanner would look best. Stale counts below the bound remain, and still flatter slow scanners somewhat.
- **best other**, **best fixed**: the policy with the highest median net on that workload at that price, chosen after all had run.
- **verdict**: *won*: our median net is at least the best other's; *within*: behind by no more than the allowance, which is 5 % of the best
  other's net and ${LEAST_ALLOWANCE} core-seconds at least; *lost*: further behind.
- **regret**: the part of what the best of all won over \`off\` that a policy left lying: 0 % is the best, 100 % is no better than \`off\`.
  Left out where nothing beats \`off\` by more than ${LEAST_ALLOWANCE} core-seconds.
- **t95**: seconds from the change in the workload until 95 % of what is reachable is saved, and stays so for a second.
- **${REFERENCE}**: scans at the CPU cap of half a core from the first second to the last. The measure of t95, no contestant.
- Figures are medians over the repeats, with the smallest and the largest in brackets where they differ.`;

export const METHOD = `\
Each run has the kernel's one KSM to itself: nothing merged and all knobs at the kernel's defaults before it, real processes that play a
script, the same contents at the same times for every policy of a repeat, the order of policies and workloads drawn at random within
a repeat. Under every policy, \`off\` included, an agent of ksmpilot observes; only in the runs of ${OURS} it may write knobs. The
agent's CPU stands beside the net, not in it, for all policies had it alike. Counters are sampled ten times a second; sums are
trapezoids over the window. What a COW break costs is measured at the start of a session on this machine.`;

export const RUN_AGAIN = `\
\`\`\`sh lint: a bench of many minutes
npm run bench:bakeoff -- --json rows.json              # all; --resume rows.json goes on after an interruption
npm run bench:bakeoff -- --quick                       # about ten minutes, writes no document
npm run bench:bakeoff -- --workload storm --policy default,ksmpilot --repeats 3
npm run bench:bakeoff -- --report rows.json            # this document again, from rows
\`\`\``;

/** How far the median repeat of other load and the worst lie apart is in the machine line; this names the worst runs. */
export function disturbed(rows: readonly Row[], aboveCores: number): string | undefined {
  const worst = rows.filter((row) => row.foreign_load > aboveCores).toSorted((a, b) => b.foreign_load - a.foreign_load);
  if (worst.length === 0) return undefined;
  const named = worst
    .slice(0, 5)
    .map((row) => `${row.workload} under ${row.policy} (${row.repeat}): ${fixed(row.foreign_load, 2)}`);
  return `${counted(worst.length, 'run')} had more than ${fixed(aboveCores, 1)} cores of other load beside them, the highest: ${listed(named)}.`;
}

/** `6.18.44` of `6.18.44-2-generic`: what was built into it locally says little about KSM. */
function upstream(release: string): string {
  return /^\d+(\.\d+)*(-rc\d+)?/.exec(release)?.[0] ?? release;
}

function minute(at = ''): string {
  return at.replace('T', ' ').slice(0, 16);
}
