import { medianT95, namesOf, OURS, repeatsOf } from '../compare.js';
import { PRICES } from '../score.js';
import { spread } from '../statistics.js';
import type { Row } from '../types.js';
import { fixed, table, withSpread } from './format.js';

/** A line of the tables of costs: a policy, ours once for each price. */
export interface Entrant {
  readonly label: string;
  readonly rowsOn: (workload: string) => readonly Row[];
}

export function entrants(rows: readonly Row[], policies: readonly string[]): Entrant[] {
  return policies.flatMap((policy) => {
    const prices = policy === OURS ? PRICES.filter((price) => rows.some((row) => row.price === price)) : [PRICES[0]];
    return prices.map((price) => ({
      label: policy === OURS ? `**${OURS}, price ${price}**` : policy,
      rowsOn: (workload) => repeatsOf(rows, workload, policy, price),
    }));
  });
}

/** Median seconds to 95 % of the reachable saving, for workloads where at least one run got there. */
export function t95Table(rows: readonly Row[], lines: readonly Entrant[]): string | undefined {
  const timed = namesOf(rows, 'workload').filter((name) =>
    rows.some((row) => row.workload === name && row.t95_s !== null),
  );
  if (timed.length === 0) return undefined;
  return byWorkload(timed, lines, (found) => {
    const middle = medianT95(found);
    if (middle === null) return 'never';
    const times = spread(found.map((row) => row.t95_s ?? Infinity));
    return times && withSpread(times, 1);
  });
}

/** ksmd's CPU seconds, the agent's beside it: the agent observes under every policy alike. */
export function cpuTable(workloads: readonly string[], lines: readonly Entrant[]): string {
  return byWorkload(workloads, lines, (found) => {
    const [ksmd, agent] = [spread(found.map((row) => row.ksmd_cpu_s)), spread(found.map((row) => row.agent_cpu_s))];
    return ksmd && agent && `${fixed(ksmd.median, 2)} + ${fixed(agent.median, 2)}`;
  });
}

/** Saved of what was reachable, both over time, per cent. */
export function savedTable(workloads: readonly string[], lines: readonly Entrant[]): string {
  return byWorkload(workloads, lines, (found) => {
    const saved = spread(found.map((row) => row.saved_gib_s));
    const share = spread(
      found.filter((row) => row.reachable_gib_s > 0).map((row) => row.saved_gib_s / row.reachable_gib_s),
    );
    return saved && fixed(saved.median, 2) + (share ? ` (${fixed(100 * share.median, 0)} %)` : '');
  });
}

/** COW breaks, and how much slower than under `off` the timed guest was. */
export function guestTable(workloads: readonly string[], lines: readonly Entrant[]): string {
  return byWorkload(workloads, lines, (found) => {
    const breaks = spread(found.map((row) => row.cow_breaks));
    const slowdown = spread(found.flatMap((row) => row.guest_slowdown_pct ?? []));
    return breaks && `${fixed(breaks.median, 0)} / ${slowdown ? `${fixed(slowdown.median, 1)} %` : '–'}`;
  });
}

function byWorkload(
  workloads: readonly string[],
  lines: readonly Entrant[],
  cell: (rows: readonly Row[]) => string | undefined,
): string {
  return table(
    ['policy', ...workloads],
    lines.map(({ label, rowsOn }) => [label, ...workloads.map((workload) => cell(rowsOn(workload)) ?? 'not run')]),
  );
}
