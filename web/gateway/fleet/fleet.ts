/**
 * Many hosts side by side: their sums, and who stands out. Pure.
 *
 * A host stands out where a figure of it lies far above the others', by the modified z-score of Iglewicz and Hoaglin
 * ("How to Detect and Handle Outliers", 1993): 0.6745 x (value - median) / MAD above 3.5. Median and MAD do not move
 * with the outliers themselves, as mean and standard deviation do. Figures are ratios, so that a large host is no
 * outlier for being large.
 */

export interface HostFigures {
  readonly hostname: string;
  readonly version: string;
  readonly mem_total_bytes: number | undefined;
  /** observe, advise or auto. */
  readonly mode: string;
  readonly paused: boolean;
  readonly guests: number | undefined;
  /** How many the host reports. */
  readonly problems: number | undefined;
  /** Their codes of docs/errors.md, where these are known. */
  readonly problem_codes: readonly string[];
  readonly saved_bytes: number | undefined;
  /** What ksmd uses, in cores. */
  readonly ksmd_cores: number | undefined;
  /** Worth of the saving less ksmd_cores, at the host's own price. */
  readonly net_cores: number | undefined;
  readonly cow_breaks_per_sec: number | undefined;
  readonly unmerge_needed_bytes: number | undefined;
  readonly unmerge_usable_bytes: number | undefined;
}

export interface FleetHost {
  readonly name: string;
  readonly state: 'connected' | 'connecting' | 'lost';
  readonly figures: HostFigures | undefined;
}

/** Over the hosts that are connected and know the figure; a figure that no host knows is undefined. */
export interface FleetSums {
  readonly hosts: number;
  readonly connected: number;
  readonly saved_bytes: number | undefined;
  readonly ksmd_cores: number | undefined;
  readonly net_cores: number | undefined;
  readonly cow_breaks_per_sec: number | undefined;
  readonly guests: number | undefined;
  readonly mem_total_bytes: number | undefined;
  /** Hosts with a problem. */
  readonly with_problems: number;
  /** Hosts that could not hold what unmerging everything would take. */
  readonly at_risk: number;
}

export type Measure =
  /** ksmd's cores per GiB saved. */
  | 'cost_per_gib'
  /** COW breaks a second per GiB saved. */
  | 'breaks_per_gib'
  /** ksmd's cores where next to nothing is saved. */
  | 'cost_without_saving';

export interface Outlier {
  readonly name: string;
  readonly measure: Measure;
  readonly value: number;
  /** Of the hosts compared; undefined for cost_without_saving, which compares with none. */
  readonly median: number | undefined;
  /** Modified z-score, at most 999; undefined likewise. */
  readonly score: number | undefined;
}

export const GIB = 2 ** 30;
/** Below, a ratio to the saving says nothing: 64 MiB. */
const LEAST_SAVED_BYTES = 2 ** 26;
/** A core spent on less than that stands out by itself. */
const IDLE_COST_CORES = 0.02;
/** With fewer hosts there is no crowd to stand out of. */
const LEAST_HOSTS = 5;
const CUTOFF = 3.5;
/** Where all others are alike, a trifle has a high score: a host that stands out is also half as high again. */
const LEAST_RATIO = 1.5;
const MAX_SCORE = 999;

export function perGib(value: number | undefined, savedBytes: number | undefined): number | undefined {
  if (value === undefined || savedBytes === undefined || savedBytes < LEAST_SAVED_BYTES) return undefined;
  return value / (savedBytes / GIB);
}

export function sumsOf(hosts: readonly FleetHost[]): FleetSums {
  const known = hosts.flatMap(({ state, figures }) =>
    state === 'connected' && figures !== undefined ? [figures] : [],
  );
  const sum = (of: (figures: HostFigures) => number | undefined): number | undefined => {
    const values = known.map(of).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
  };
  return {
    hosts: hosts.length,
    connected: known.length,
    saved_bytes: sum((figures) => figures.saved_bytes),
    ksmd_cores: sum((figures) => figures.ksmd_cores),
    net_cores: sum((figures) => figures.net_cores),
    cow_breaks_per_sec: sum((figures) => figures.cow_breaks_per_sec),
    guests: sum((figures) => figures.guests),
    mem_total_bytes: sum((figures) => figures.mem_total_bytes),
    with_problems: known.filter(({ problems }) => (problems ?? 0) > 0).length,
    at_risk: known.filter(isAtRisk).length,
  };
}

export function isAtRisk({ unmerge_needed_bytes: needed, unmerge_usable_bytes: usable }: HostFigures): boolean {
  return needed !== undefined && usable !== undefined && needed > usable;
}

/** Most striking first. */
export function outliersOf(hosts: readonly FleetHost[]): readonly Outlier[] {
  const known = hosts.flatMap(({ name, state, figures }) =>
    state === 'connected' && figures !== undefined ? [{ name, figures }] : [],
  );
  const values = (of: (figures: HostFigures) => number | undefined): readonly Named[] =>
    known.flatMap(({ name, figures }) => {
      const value = of(figures);
      return value === undefined ? [] : [{ name, value }];
    });
  return [
    ...values(({ ksmd_cores, saved_bytes }) =>
      saved_bytes !== undefined && saved_bytes < LEAST_SAVED_BYTES ? ksmd_cores : undefined,
    )
      .filter(({ value }) => value >= IDLE_COST_CORES)
      .map(({ name, value }) => ({
        name,
        measure: 'cost_without_saving' as const,
        value,
        median: undefined,
        score: undefined,
      }))
      .sort((a, b) => b.value - a.value),
    ...standingOut(
      'cost_per_gib',
      values(({ ksmd_cores, saved_bytes }) => perGib(ksmd_cores, saved_bytes)),
    ),
    ...standingOut(
      'breaks_per_gib',
      values(({ cow_breaks_per_sec, saved_bytes }) => perGib(cow_breaks_per_sec, saved_bytes)),
    ),
  ];
}

interface Named {
  readonly name: string;
  readonly value: number;
}

function standingOut(measure: Measure, named: readonly Named[]): readonly Outlier[] {
  if (named.length < LEAST_HOSTS) return [];
  const values = named.map(({ value }) => value);
  const median = medianOf(values);
  return named
    .map(({ name, value }) => ({
      name,
      measure,
      value,
      median,
      score: Math.min(MAX_SCORE, robustScore(value, values)),
    }))
    .filter(({ value, score }) => score > CUTOFF && value >= LEAST_RATIO * median)
    .sort((a, b) => b.score - a.score);
}

/**
 * Modified z-score. Where more than half of the values are equal, MAD is 0 and the mean deviation from the median stands
 * in for it; where all are equal the score is 0.
 */
export function robustScore(value: number, values: readonly number[]): number {
  const median = medianOf(values);
  const deviations = values.map((one) => Math.abs(one - median));
  const mad = medianOf(deviations);
  // 1.4826 and 1.2533 make MAD and the mean deviation estimate a normal distribution's standard deviation.
  const spread = mad > 0 ? 1.4826 * mad : (1.2533 * deviations.reduce((sum, one) => sum + one, 0)) / values.length;
  return spread > 0 ? (value - median) / spread : 0;
}

/** NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? NaN) + high) / 2;
}
