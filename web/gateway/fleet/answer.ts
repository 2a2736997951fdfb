/** What `GET /api/fleet` answers: one row a host, the sums, and who stands out. Pure. */

import {
  isAtRisk,
  outliersOf,
  perGib,
  sumsOf,
  type FleetHost,
  type FleetSums,
  type HostFigures,
  type Outlier,
} from './fleet.js';

/** A host as a source found it. */
export interface FoundHost extends FleetHost {
  /** Milliseconds since the epoch; undefined: not known. */
  readonly since_ms: number | undefined;
  readonly detail: string;
  readonly age_ms: number | undefined;
  /** Name of the agent that `?agent=` takes for this host; undefined: this page does not serve it. */
  readonly agent: string | undefined;
  /** Saved bytes over the last while, evenly spaced, newest last; null: not known. */
  readonly trend: readonly (number | null)[];
}

export interface FleetRow extends Omit<FoundHost, 'figures'>, Partial<HostFigures> {
  readonly cost_per_gib: number | undefined;
  readonly breaks_per_gib: number | undefined;
  /** It could not hold what unmerging everything would take. */
  readonly at_risk: boolean;
}

export interface FleetAnswer {
  readonly source: 'agents' | 'prometheus';
  /** Milliseconds since the epoch. */
  readonly time_ms: number;
  readonly hosts: readonly FleetRow[];
  readonly sums: FleetSums;
  readonly outliers: readonly Outlier[];
  /** Between two points of a trend. */
  readonly trend_step_ms: number;
}

export interface FleetSource {
  readonly name: FleetAnswer['source'];
  /** Rejects with Refused where the source as a whole does not answer. */
  look(): Promise<FleetAnswer>;
}

export function answerOf(
  hosts: readonly FoundHost[],
  rest: Pick<FleetAnswer, 'source' | 'time_ms' | 'trend_step_ms'>,
): FleetAnswer {
  return { ...rest, hosts: hosts.map(rowOf), sums: sumsOf(hosts), outliers: outliersOf(hosts) };
}

function rowOf({ figures, ...found }: FoundHost): FleetRow {
  return {
    ...found,
    ...figures,
    cost_per_gib: perGib(figures?.ksmd_cores, figures?.saved_bytes),
    breaks_per_gib: perGib(figures?.cow_breaks_per_sec, figures?.saved_bytes),
    at_risk: figures !== undefined && isAtRisk(figures),
  };
}
