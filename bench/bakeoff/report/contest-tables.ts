import type { Contest, Standing } from '../compare.js';
import { LEAST_ALLOWANCE, namesOf, OURS, regret } from '../compare.js';
import type { Price } from '../score.js';
import { sums } from '../sums.js';
import type { Row } from '../types.js';
import { median } from '../statistics.js';
import { counted, fixed, table, withSpread } from './format.js';

/** Ours beside the best of the others, a line for each workload. */
export function verdictTable(contests: readonly Contest[]): string {
  const cell = (standing: Standing | undefined): string => (standing ? withSpread(standing.net, 2) : 'not run');
  return table(
    [
      'workload',
      'verdict',
      'best other is',
      'best fixed is',
      `**${OURS}**`,
      'best other',
      'allowance',
      'best fixed',
      'off',
      'regret',
    ],
    contests.map((contest) => {
      const { ours, best, bestFixed, off } = contest;
      const share = ours && regret(ours, contest);
      return [
        contest.workload,
        contest.verdict === 'lost' ? '**lost**' : (contest.verdict ?? 'not run'),
        best?.policy ?? '',
        bestFixed?.policy.replace('fixed:', '') ?? '',
        contest.verdict === 'won' ? `**${cell(ours)}**` : cell(ours),
        cell(best),
        best ? fixed(contest.allowance, 2) : '',
        cell(bestFixed),
        cell(off),
        share === null || share === undefined ? '–' : `${fixed(100 * share, 0)} %`,
      ];
    }),
    4,
  );
}

/** Every policy on every workload: the median net with its spread, the best of a workload bold. */
export function netTable(contests: readonly Contest[], policies: readonly string[]): string {
  return table(
    ['policy', ...contests.map(({ workload }) => workload)],
    policies.map((policy) => [
      policy === OURS ? `**${OURS}**` : policy,
      ...contests.map(({ standings }) => {
        const standing = standings.find((one) => one.policy === policy);
        if (standing === undefined) return 'not run';
        const text = withSpread(standing.net, 2);
        return standing.net.median === standings[0]?.net.median ? `**${text}**` : text;
      }),
    ]),
  );
}

/** Regret of every policy on the workloads where something can be won over `off`. */
export function regretTable(contests: readonly Contest[], policies: readonly string[]): string {
  const telling = contests.filter((contest) => contest.standings.some((one) => regret(one, contest) !== null));
  if (telling.length === 0) return `Nothing beats \`off\` by more than ${LEAST_ALLOWANCE} core-seconds.`;
  return table(
    ['policy', ...telling.map(({ workload }) => workload)],
    policies.map((policy) => [
      policy === OURS ? `**${OURS}**` : policy,
      ...telling.map((contest) => {
        const standing = contest.standings.find((one) => one.policy === policy);
        const share = standing && regret(standing, contest);
        return share === undefined || share === null ? 'not run' : `${fixed(100 * share, 0)} %`;
      }),
    ]),
  );
}

export function sumTable(contests: readonly Contest[], price: Price): string {
  return table(
    ['against', `**${OURS}**`, 'the other', 'difference', 'workloads'],
    sums(contests, price).map(({ against, ours, theirs, workloads }) => [
      against,
      fixed(ours, 2),
      fixed(theirs, 2),
      ours > theirs ? fixed(ours - theirs, 2) : `**${fixed(ours - theirs, 2)}**`,
      fixed(workloads, 0),
    ]),
  );
}

/** What the sums would be if ours had to pay for its agent, which nobody else needs. */
export function agentNote(contests: readonly Contest[]): string {
  const ours = contests.flatMap((contest) => contest.ours ?? []);
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  const net = total(ours.map((standing) => standing.net.median));
  const agent = total(ours.map(({ rows }) => median(rows.map((row) => row.agent_cpu_s)) ?? 0));
  return (
    `The agent took ${fixed(agent, 2)} core-seconds over these ${counted(ours.length, 'workload')}. An operator who would not run ` +
    `it otherwise takes them off: ${fixed(net, 2)} becomes ${fixed(net - agent, 2)}.`
  );
}

/** Contestants in the order of the rows, ours first. */
export function contestants(rows: readonly Row[], contests: readonly Contest[]): string[] {
  const names = new Set(contests.flatMap(({ standings }) => standings.map(({ policy }) => policy)));
  return namesOf(rows, 'policy')
    .filter((name) => names.has(name))
    .toSorted((a, b) => Number(b === OURS) - Number(a === OURS));
}
