/**
 * The fleet as Prometheus has it: past a handful of hosts, one server that already scrapes them all is asked instead of
 * each agent. However many pages look, it is asked once in a few seconds.
 */

import { fleetQueries, HOST_LABELS } from '../metrics/queries.js';
import { answerOf, type FleetAnswer, type FleetSource, type FoundHost } from './answer.js';
import type { Element, PrometheusApi, Range } from './prometheus-api.js';

export interface PrometheusFleetOptions {
  readonly api: Pick<PrometheusApi, 'vector' | 'range'>;
  /** Names of the agents that the page can show. */
  readonly agents: readonly string[];
  readonly now?: () => number;
}

/** Scrapes are 15 s apart as a rule: an answer this old is as good as a new one. */
const FRESH_MS = 5_000;
/** Queries at once: other users of that server wait for none of ours. */
const AT_ONCE = 4;
const TREND_MS = 15 * 60_000;
const TREND_STEP_MS = 30_000;
const QUERIES = {
  ...fleetQueries,
  /** A host that was there in the last hour and is not now is lost; before, it is forgotten. */
  seen: `last_over_time(${fleetQueries.up}[1h])`,
  /** Label `version`. */
  build: 'ksmpilot_build_info',
  /** Bytes. */
  needed: 'ksmpilot_unmerge_needed_bytes',
  /** Bytes. */
  usable: 'ksmpilot_unmerge_usable_bytes',
} as const satisfies Readonly<Record<string, string>>;

type Query = keyof typeof QUERIES;
type Answers = Readonly<Partial<Record<Query, readonly Element[]>>>;

export class PrometheusFleet implements FleetSource {
  readonly name = 'prometheus';
  readonly #options: PrometheusFleetOptions;
  readonly #now: () => number;
  #answer: FleetAnswer | undefined;
  #asking: Promise<FleetAnswer> | undefined;

  constructor(options: PrometheusFleetOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  async look(): Promise<FleetAnswer> {
    if (this.#answer !== undefined && this.#now() - this.#answer.time_ms < FRESH_MS) return this.#answer;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(): Promise<FleetAnswer> {
    const { api, agents } = this.#options;
    const toMs = Math.floor(this.#now() / TREND_STEP_MS) * TREND_STEP_MS;
    const fromMs = toMs - TREND_MS;
    const found: Record<string, readonly Element[]> = {};
    let trends: readonly Range[] = [];
    const work = [
      ...Object.entries(QUERIES).map(
        ([name, query]) =>
          async () =>
            void (found[name] = await api.vector(query)),
      ),
      async () => void (trends = await api.range(fleetQueries.saved, { fromMs, toMs, stepMs: TREND_STEP_MS })),
    ];
    await inTurns(work, AT_ONCE);
    const hosts = hostsOf(found, trends, { agents, fromMs, toMs });
    const rest = { source: 'prometheus', time_ms: this.#now(), trend_step_ms: TREND_STEP_MS } as const;
    this.#answer = answerOf(hosts, rest);
    return this.#answer;
  }
}

/** Joins the answers by host. */
export function hostsOf(
  answers: Answers,
  trends: readonly Range[],
  { agents, fromMs, toMs }: { readonly agents: readonly string[]; readonly fromMs: number; readonly toMs: number },
): readonly FoundHost[] {
  const indexed = new Map(
    Object.entries(answers).map(([name, elements]) => [name, new Map(elements.map((one) => [keyOf(one.labels), one]))]),
  );
  const trendOf = new Map(trends.map(({ labels, values }) => [keyOf(labels), values]));
  const element = (query: Query, key: string): Element | undefined => indexed.get(query)?.get(key);
  const seen = answers.seen ?? [];
  const names = namesOf(seen, (key) => element('host', key)?.labels['hostname']);
  return [...new Map(seen.map(({ labels }) => [keyOf(labels), labels]))].map(([key, labels]) => {
    const value = (query: Query): number | undefined => element(query, key)?.value;
    const up = value('up');
    const info = element('host', key)?.labels ?? {};
    const age = value('age');
    return {
      name: names.get(key) ?? key,
      agent: agentOf([labels['host'], info['hostname'], labels['instance']], agents),
      state: up === 1 ? 'connected' : 'lost',
      detail: up === 1 ? '' : up === 0 ? 'its agent does not answer' : 'Prometheus does not reach it',
      since_ms: undefined,
      age_ms: age === undefined ? undefined : Math.max(0, age * 1_000),
      trend: trendValues(trendOf.get(key), fromMs, toMs),
      figures:
        up === 1
          ? {
              hostname: info['hostname'] ?? '',
              version: element('build', key)?.labels['version'] ?? '',
              mem_total_bytes: value('memory'),
              mode: element('mode', key)?.labels['mode'] ?? '',
              paused: value('paused') === 1,
              guests: value('guests'),
              problems: value('problems'),
              problem_codes: [],
              saved_bytes: value('saved'),
              ksmd_cores: value('cost'),
              net_cores: value('net'),
              cow_breaks_per_sec: value('breaks'),
              unmerge_needed_bytes: value('needed'),
              unmerge_usable_bytes: value('usable'),
            }
          : undefined,
    };
  });
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return HOST_LABELS.map((name) => labels[name] ?? '').join('\n');
}

/** The host's own name where it is known and nobody else's, else what Prometheus calls it. */
function namesOf(
  seen: readonly Element[],
  hostnameOf: (key: string) => string | undefined,
): ReadonlyMap<string, string> {
  const wanted = seen.map(({ labels }) => {
    const key = keyOf(labels);
    const { instance = '', host } = labels;
    return { key, name: host ?? hostnameOf(key) ?? instance };
  });
  const times = new Map<string, number>();
  for (const { name } of wanted) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map(
    wanted.map(({ key, name }) => [key, times.get(name) === 1 ? name : key.split('\n').filter(Boolean).join(' ')]),
  );
}

/** By the whole name, with or without port, then by the part before the first dot. */
function agentOf(names: readonly (string | undefined)[], agents: readonly string[]): string | undefined {
  const bare = (name: string): string => name.replace(/:\d+$/, '');
  const known = names.flatMap((name) => (name === undefined || name === '' ? [] : [bare(name)]));
  const short = (name: string): string => (/^[\d.:]+$/.test(name) ? name : (name.split('.')[0] ?? name));
  return (
    agents.find((agent) => known.includes(bare(agent))) ??
    agents.find((agent) => known.some((name) => short(name) === short(bare(agent))))
  );
}

function trendValues(
  values: ReadonlyMap<number, number> | undefined,
  fromMs: number,
  toMs: number,
): readonly (number | null)[] {
  if (values === undefined) return [];
  const steps = Math.round((toMs - fromMs) / TREND_STEP_MS) + 1;
  return Array.from({ length: steps }, (_, index) => {
    const value = values.get(fromMs + index * TREND_STEP_MS);
    return value !== undefined && Number.isFinite(value) ? value : null;
  });
}

async function inTurns(work: readonly (() => Promise<void>)[], atOnce: number): Promise<void> {
  const rest = [...work];
  const take = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await next();
  };
  await Promise.all(Array.from({ length: atOnce }, take));
}
