import { namesOf, OURS, REFERENCE, repeatsOf } from '../compare.js';
import { PRICES } from '../score.js';
import type { Row } from '../types.js';
import { counted, listed } from './format.js';

/** What a full run was to do; titles are for the tables. */
export interface Plan {
  readonly workloads: readonly Named[];
  readonly policies: readonly Named[];
  readonly repeats: number;
  /** Why a policy cannot run on this machine, by its name. */
  readonly obstacles?: ReadonlyMap<string, string>;
}

export interface Named {
  readonly name: string;
  readonly title: string;
}

/** The bake-off is accepted when these have run against so many others, so often. */
const ACCEPTANCE = { workloads: ['storm', 'churn', 'idle', 'volatile', 'steady', 'aged'], others: 6, repeats: 3 };

export interface Acceptance {
  readonly accepted: boolean;
  /** What is still to be run, one line each. */
  readonly missing: readonly string[];
}

export function acceptance(rows: readonly Row[]): Acceptance {
  const { others, repeats } = ACCEPTANCE;
  const enough = (workload: string, policy: string): boolean =>
    PRICES.every((price) => repeatsOf(rows, workload, policy, price).length >= repeats);
  const missing = ACCEPTANCE.workloads.flatMap((workload) => {
    const rivals = namesOf(rows, 'policy').filter((policy) => policy !== OURS && policy !== REFERENCE);
    const found = rivals.filter((policy) => enough(workload, policy)).length;
    return [
      ...(found >= others ? [] : [`${workload}: ${found} of ${others} other policies have run ${repeats} times`]),
      ...PRICES.flatMap((price) => {
        const runs = repeatsOf(rows, workload, OURS, price).length;
        return runs >= repeats ? [] : [`${workload}: ${OURS} at price ${price} has run ${runs} of ${repeats} times`];
      }),
    ];
  });
  return { accepted: missing.length === 0, missing };
}

/** The plan, or where none is given what the rows themselves have somewhere, by bare names. */
export function planOr(plan: Plan | undefined, rows: readonly Row[]): Plan {
  const named = (field: 'workload' | 'policy'): Named[] => namesOf(rows, field).map((name) => ({ name, title: '' }));
  return plan ?? { workloads: named('workload'), policies: named('policy'), repeats: 1 };
}

/** Workloads and policies in the order of the plan, not in that in which chance ran them; what it does not name comes last. */
export function inOrderOf({ workloads, policies }: Plan, rows: readonly Row[]): Row[] {
  const place = (names: readonly Named[], wanted: string): number => {
    const index = names.findIndex(({ name }) => name === wanted);
    return index < 0 ? names.length : index;
  };
  return rows.toSorted(
    (a, b) =>
      place(workloads, a.workload) - place(workloads, b.workload) ||
      place(policies, a.policy) - place(policies, b.policy) ||
      (a.price ?? 0) - (b.price ?? 0) ||
      a.repeat - b.repeat,
  );
}

/** Cells that were to be run and have no row, put together by policy: `cap: storm, idle (2 of 3 repeats)`. */
export function cellsNotRun(rows: readonly Row[], plan: Plan): string[] {
  return plan.policies.flatMap(({ name: policy }) => {
    const entrants = policy === OURS ? PRICES.map((price) => ({ price, label: `${policy} at price ${price}` })) : null;
    return (entrants ?? [{ price: PRICES[0], label: policy }]).flatMap(({ price, label }) => {
      const gaps = plan.workloads.flatMap(({ name }) => {
        const runs = repeatsOf(rows, name, policy, price).length;
        if (runs >= plan.repeats) return [];
        return [{ name, text: runs === 0 ? name : `${name} (${runs} of ${counted(plan.repeats, 'repeat')})`, runs }];
      });
      if (gaps.length === 0) return [];
      const all = gaps.length === plan.workloads.length && gaps.every(({ runs }) => runs === 0);
      const obstacle = plan.obstacles?.get(policy);
      return [
        `${label}: ${all ? 'all workloads' : listed(gaps.map(({ text }) => text))}${obstacle ? ` (${obstacle})` : ''}`,
      ];
    });
  });
}

/** Cells whose repeats do not come from the same sources, so that their median means little: `storm under ksmpilot`. */
export function mixedBuilds(rows: readonly Row[]): string[] {
  const builds = new Map<string, Set<string>>();
  for (const { workload, policy, build } of rows) {
    const cell = `${workload} under ${policy}`;
    builds.set(cell, (builds.get(cell) ?? new Set()).add(build));
  }
  return [...builds].filter(([, found]) => found.size > 1).map(([cell]) => cell);
}

/** Workloads of which some runs had a longer window than others, so that their nets cannot be set side by side. */
export function mixedWindows(rows: readonly Row[]): string[] {
  return namesOf(rows, 'workload').filter(
    (workload) => new Set(rows.filter((row) => row.workload === workload).map((row) => row.window_s)).size > 1,
  );
}
