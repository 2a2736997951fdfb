/** What the gateway answers at /api/fleet and /api/agents; JSON says null or nothing where a figure is not known. */

type Figure = number | null | undefined;

export interface FleetRow {
  readonly name: string;
  readonly state: 'connected' | 'connecting' | 'lost';
  readonly since_ms?: number;
  readonly detail: string;
  /** Of the newest sample. */
  readonly age_ms?: Figure;
  /** What `?agent=` takes for this host; absent: this page cannot show it. */
  readonly agent?: string;
  readonly hostname?: string;
  readonly version?: string;
  readonly mode?: string;
  readonly paused?: boolean;
  readonly guests?: Figure;
  readonly problems?: Figure;
  readonly problem_codes?: readonly string[];
  readonly saved_bytes?: Figure;
  readonly ksmd_cores?: Figure;
  readonly net_cores?: Figure;
  readonly cow_breaks_per_sec?: Figure;
  readonly cost_per_gib?: Figure;
  readonly breaks_per_gib?: Figure;
  readonly mem_total_bytes?: Figure;
  readonly unmerge_needed_bytes?: Figure;
  readonly unmerge_usable_bytes?: Figure;
  readonly at_risk: boolean;
  /** Saved bytes, evenly spaced, newest last. */
  readonly trend: readonly (number | null)[];
}

export interface FleetSums {
  readonly hosts: number;
  readonly connected: number;
  readonly saved_bytes?: Figure;
  readonly ksmd_cores?: Figure;
  readonly net_cores?: Figure;
  readonly cow_breaks_per_sec?: Figure;
  readonly guests?: Figure;
  readonly mem_total_bytes?: Figure;
  readonly with_problems: number;
  readonly at_risk: number;
}

export interface Outlier {
  readonly name: string;
  readonly measure: 'cost_per_gib' | 'breaks_per_gib' | 'cost_without_saving';
  readonly value: number;
  readonly median?: Figure;
  readonly score?: Figure;
}

export interface FleetAnswer {
  readonly source: 'agents' | 'prometheus';
  readonly time_ms: number;
  readonly hosts: readonly FleetRow[];
  readonly sums: FleetSums;
  readonly outliers: readonly Outlier[];
  readonly trend_step_ms: number;
}

export interface AgentsAnswer {
  readonly agents: readonly {
    readonly name: string;
    readonly address: string;
    readonly state: FleetRow['state'];
    readonly since_ms: number;
    readonly detail: string;
    readonly hostname?: string;
    readonly version?: string;
  }[];
  /** Where the overview of all hosts comes from. */
  readonly fleet: FleetAnswer['source'];
}
