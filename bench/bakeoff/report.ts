import { overviewChart } from './chart/overview-chart.js';
import { workloadChart } from './chart/workload-chart.js';
import type { Contest } from './compare.js';
import { contests, namesOf, OURS, withSlowdown } from './compare.js';
import { agentNote, contestants, netTable, regretTable, sumTable, verdictTable } from './report/contest-tables.js';
import { cpuTable, entrants, guestTable, savedTable, t95Table } from './report/cost-tables.js';
import type { Named, Plan } from './report/coverage.js';
import { acceptance, cellsNotRun, inOrderOf, planOr } from './report/coverage.js';
import { counted, table } from './report/format.js';
import { isBehind, lossSentence } from './report/losses.js';
import type { Machine } from './report/method.js';
import { disturbed, HOW_TO_READ, machineLine, METHOD, RUN_AGAIN } from './report/method.js';
import { mustReach } from './report/must-reach.js';
import { PRICES } from './score.js';
import type { Row } from './types.js';

export interface ReportOptions {
  /** False: the rows are a part of a full run, and the document says so. */
  readonly full: boolean;
  /** What a full run does; without it nothing can be said about cells without any row. */
  readonly plan?: Plan;
  readonly machine?: Machine;
}

/** The texts of docs/bakeoff.md and of the charts in docs/bakeoff/. */
export interface Report {
  readonly markdown: string;
  readonly charts: readonly Chart[];
}

export interface Chart {
  /** File name, `storm.svg`. */
  readonly name: string;
  readonly svg: string;
}

/** The price of the charts: the default of `tuner.gib_per_core`. */
const CHART_PRICE = 8;
/** Runs with so much other load on the machine are named, in cores. */
const DISTURBED_CORES = 0.3;

export function writeReport(measured: readonly Row[], options: ReportOptions): Report {
  const plan = planOr(options.plan, measured);
  const rows = withSlowdown(inOrderOf(plan, measured));
  const all = contests(rows);
  const partial = !options.full || cellsNotRun(rows, plan).length > 0;
  const charts = drawn(all, plan.workloads);
  const paragraphs = [
    '# The bake-off',
    `${OURS} beside every other way to run KSM: real kernel, real processes, one run after another. Written by ` +
      `\`npm run bench:bakeoff\`; every row is here, the lost ones too. ${partial ? 'Not all cells have run: see [Not run](#not-run).' : ''}`.trim(),
    machineLine(rows, options.machine),
    ...result(all, plan, rows),
    ...pictures(charts, ['overview.svg']),
    '## How to read the tables',
    HOW_TO_READ,
    '## How it was measured',
    METHOD,
    workloadTable(plan.workloads),
    policyTable(plan.policies),
    disturbed(rows, DISTURBED_CORES),
    '## Run it again',
    RUN_AGAIN,
    ...PRICES.flatMap((price) =>
      priceSection(
        all.filter((contest) => contest.price === price),
        rows,
      ),
    ),
    ...lossSection(all),
    ...costSection(rows),
    '## Over time',
    `At price ${CHART_PRICE}; of each kind of policy the best on that workload, in its median repeat.`,
    ...pictures(
      charts,
      charts.map(({ name }) => name).filter((name) => name !== 'overview.svg'),
    ),
    '## Not run',
    notRun(rows, plan),
  ];
  const markdown = paragraphs.filter((text) => text !== undefined && text !== '').join('\n\n') + '\n';
  return { markdown, charts };
}

function drawn(all: readonly Contest[], workloads: readonly Named[]): Chart[] {
  const chart = (name: string, svg: string | undefined): Chart[] => (svg === undefined ? [] : [{ name, svg }]);
  return [
    ...chart('overview.svg', overviewChart(all, CHART_PRICE)),
    ...all
      .filter(({ price }) => price === CHART_PRICE)
      .flatMap((contest) => {
        const title = workloads.find(({ name }) => name === contest.workload)?.title ?? '';
        return chart(`${contest.workload}.svg`, workloadChart(contest, title));
      }),
  ];
}

function pictures(charts: readonly Chart[], names: readonly string[]): string[] {
  return charts
    .filter(({ name }) => names.includes(name))
    .map(
      ({ name }) =>
        `![${name === 'overview.svg' ? 'Net of every policy on every workload' : `${name.replace('.svg', '')} over time`}](bakeoff/${name})`,
    );
}

function result(all: readonly Contest[], plan: Plan, rows: readonly Row[]): string[] {
  const checks = mustReach(
    rows,
    all,
    plan.workloads.map(({ name }) => name),
  );
  const { accepted, missing } = acceptance(rows);
  const count = (of: string): number => checks.filter((check) => check.result === of).length;
  return [
    '## What must be reached',
    `${count('met')} of ${checks.length} met, ${count('missed')} missed, ${count('not measured')} not measured.`,
    table(
      ['', 'demand', 'figures'],
      checks.map(({ demand, result: state, figures }) => [state === 'missed' ? '**missed**' : state, demand, figures]),
      3,
    ),
    accepted
      ? 'The run is complete enough to be accepted: storm, churn, idle, volatile, steady and aged under at least six others, three times each.'
      : `Not complete enough to be accepted yet:\n\n${missing.map((line) => `- ${line}`).join('\n')}`,
  ];
}

function workloadTable(workloads: readonly Named[]): string {
  return table(
    ['workload', 'what happens'],
    workloads.map(({ name, title }) => [name, title]),
    2,
  );
}

function policyTable(policies: readonly Named[]): string {
  return table(
    ['policy', 'what it does'],
    policies.map(({ name, title }) => [name, title]),
    2,
  );
}

function priceSection(atPrice: readonly Contest[], rows: readonly Row[]): string[] {
  const [first] = atPrice;
  if (first === undefined) return [];
  const policies = contestants(rows, atPrice);
  return [
    `## Price ${first.price}`,
    'Median net in core-seconds.',
    verdictTable(atPrice),
    folded('Every policy, the best of each workload bold', netTable(atPrice, policies)),
    folded('Regret of every policy', regretTable(atPrice, policies)),
    'Added up over the workloads that both have run, the closest first:',
    sumTable(atPrice, first.price),
    atPrice.some(({ ours }) => ours !== undefined) ? agentNote(atPrice) : '',
  ];
}

/** GitHub shows the heading, and the table when it is asked for. */
function folded(heading: string, text: string): string {
  return `<details><summary>${heading}</summary>\n\n${text}\n\n</details>`;
}

function lossSection(all: readonly Contest[]): string[] {
  const behind = all.filter(isBehind);
  const lines = (verdict: Contest['verdict']): string =>
    behind
      .filter((contest) => contest.verdict === verdict)
      .map((contest) => `- ${lossSentence(contest)}.`)
      .join('\n') || 'None.';
  return [
    '## Where we are behind, and why',
    'Median repeats side by side; in brackets what the difference was worth, in core-seconds at that price.',
    'Lost:',
    lines('lost'),
    'Behind within the allowance:',
    lines('within'),
  ];
}

function costSection(rows: readonly Row[]): string[] {
  const workloads = namesOf(rows, 'workload');
  const lines = entrants(
    rows,
    namesOf(rows, 'policy').toSorted((a, b) => Number(b === OURS) - Number(a === OURS)),
  );
  const t95 = t95Table(rows, lines);
  return [
    '## Time to 95 % of the reachable saving',
    t95 === undefined
      ? 'No run got there.'
      : `Seconds. Workloads without a column have no change to react to, or no run got there.\n\n${t95}`,
    '## Saved',
    'GiB s, and per cent of what was reachable.',
    savedTable(workloads, lines),
    '## CPU',
    'CPU seconds of ksmd + of the observing agent with its probes. The agent is not part of the net.',
    cpuTable(workloads, lines),
    '## Guests',
    'COW breaks / how much less work a timed guest did than under `off`. Below 0 it did more: that is chance.',
    guestTable(workloads, lines),
  ];
}

function notRun(rows: readonly Row[], plan: Plan): string {
  const gaps = cellsNotRun(rows, plan);
  if (gaps.length === 0)
    return `Nothing: every policy has run on every workload, ${counted(plan.repeats, 'repeat')} at least.`;
  return `Missing cells are missing; no figure here is estimated.\n\n${gaps.map((line) => `- ${line}`).join('\n')}`;
}
