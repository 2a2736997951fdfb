/**
 * What a fleet view asks Prometheus for where it has the metrics of catalogue.ts. Each answer is a vector with one element
 * a host (some with one a state): `instance` names the gateway that was scraped, and `host` the agent behind it where that
 * gateway serves several. Pure.
 */

/** Elements of two answers belong together where these labels are equal; a label that is absent counts as empty. */
export const HOST_LABELS = ['job', 'instance', 'host'] as const;

/** Rates are over this span: at least four scrapes of a usual interval lie in it. */
const SPAN = '5m';

/** PromQL by what it answers. Bytes, cores, per second, seconds; absent elements are unknown, never 0. */
export const fleetQueries = {
  /** 1: the agent answers its gateway, 0: it does not. Nothing of a gateway that Prometheus does not reach. */
  up: 'ksmpilot_up',
  /** Label `hostname`, and kernel, machine; the value is 1. */
  host: 'ksmpilot_host_info',
  /** Seconds since the newest sample. */
  age: 'time() - ksmpilot_sample_timestamp_seconds',
  /** Bytes. */
  saved: 'ksmpilot_saved_bytes',
  /** Cores that ksmd takes. */
  cost: `rate(ksmpilot_ksmd_cpu_seconds_total[${SPAN}])`,
  /** Cores: worth of the saving less the cost, at each host's own price. */
  net: `avg_over_time(ksmpilot_net_cores[${SPAN}])`,
  /** COW breaks per second. */
  breaks: `rate(ksmpilot_cow_breaks_total[${SPAN}])`,
  /** One element a host, its label `mode` one of observe, advise, auto. */
  mode: 'ksmpilot_tuner_mode == 1',
  /** 1: paused. */
  paused: 'ksmpilot_tuner_paused',
  /** How many problems the host reports. */
  problems: 'ksmpilot_problems',
  /** How many guests there are, of all kinds. */
  guests: 'sum by (job, instance, host) (ksmpilot_guests)',
  /** Bytes of memory in the host. */
  memory: 'ksmpilot_mem_total_bytes',
} as const satisfies Readonly<Record<string, string>>;

export type FleetQuery = keyof typeof fleetQueries;
