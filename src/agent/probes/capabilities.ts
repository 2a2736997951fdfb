/** What the probes can do on this host, for `doctor`. Unless asked to try, starts nothing but `bpftrace --version`. */

import { KsmpilotError, formatError } from '../errors.js';
import type { Problem } from '../model/host.js';
import type { ProbeState } from '../model/probe.js';
import { type FactsOptions, gatherHostFacts } from './host-facts.js';
import {
  type HostFacts,
  SUBJECTS,
  type Subject,
  type SubjectName,
  type TierName,
  WANTED_TRACEPOINTS,
  hostObstacle,
  noTier,
  sortTiers,
} from './tier.js';
import type { TierChoice } from './tier-choice.js';
import { tryTiers } from './trial.js';

export interface TierCapability {
  readonly tier: TierName;
  /** In bpf/. */
  readonly file: string;
  /** Does it run at every page fault of everybody? */
  readonly taxing: boolean;
  /**
   * `first`: the best that the facts allow, tried first. `spare`: tried where bpftrace refuses the better ones.
   * `excluded`: cannot work here. After a try: `works` in place of `first`, and `refused`: bpftrace did not take it.
   */
  readonly state: 'first' | 'works' | 'spare' | 'refused' | 'excluded';
  /** Why it is excluded or refused, and the cure where there is one. */
  readonly why?: string;
}

/** All tiers of one subject, best first. */
export interface SubjectCapability {
  readonly name: SubjectName;
  readonly tiers: readonly TierCapability[];
}

export interface ProbeCapabilities {
  readonly bpftraceVersion?: string;
  /** Mount point. */
  readonly tracefs?: string;
  readonly lockdown?: string;
  /** Each tracepoint that a program wants: is it here? */
  readonly tracepoints: Readonly<Record<string, boolean>>;
  /** What may serve each subject. Whether the first one does is known when it was tried: the agent's states tell. */
  readonly subjects: readonly SubjectCapability[];
  /** `off` with what it would count, or `unavailable` with cause and cure. */
  readonly probes: readonly ProbeState[];
  readonly problems: readonly Problem[];
}

/** `isTried`: runs the programs for a few seconds to learn which tiers work, see trial.ts. */
export async function probeCapabilities(
  options: FactsOptions & { readonly isTried?: boolean },
): Promise<ProbeCapabilities> {
  const facts = await gatherHostFacts(options);
  const isTried = options.isTried === true && hostObstacle(facts) === undefined;
  return capabilitiesOf(facts, isTried ? await tryTiers(facts, { root: '/', ...options }) : undefined);
}

/** `tried`: what `tryTiers` found. */
export function capabilitiesOf(facts: HostFacts, tried?: TierChoice): ProbeCapabilities {
  const obstacle = hostObstacle(facts);
  const problems: Problem[] = obstacle === undefined ? [] : [problemOf(obstacle, '')];
  const probes = SUBJECTS.map((subject): ProbeState => {
    const { usable, excluded } = sortTiers(subject, facts);
    const served = tried?.programFor(subject.name)?.tier;
    const best = usable.find(({ name }) => name === served) ?? usable[0];
    if (obstacle === undefined && best !== undefined) {
      return { name: subject.name, state: 'off', detail: `bpf/${best.file}: ${subject.counts}`, restarts: 0 };
    }
    const error = obstacle ?? noTier(excluded);
    // A host without virtual machines lacks nothing.
    if (obstacle === undefined && subject.name !== 'kvm') problems.push(problemOf(error, `; ${subject.without}`));
    return {
      name: subject.name,
      state: 'unavailable',
      detail: `${formatError(error)}. Without it: ${subject.without}`,
      restarts: 0,
    };
  });
  return {
    ...(!(facts.bpftrace instanceof KsmpilotError) && { bpftraceVersion: facts.bpftrace.version }),
    ...(facts.tracefs !== undefined && { tracefs: facts.tracefs }),
    ...(facts.lockdown !== undefined && { lockdown: facts.lockdown }),
    tracepoints: Object.fromEntries(WANTED_TRACEPOINTS.map((name) => [name, facts.tracepoints.has(name)])),
    subjects: SUBJECTS.map((subject) => subjectOf(subject, facts, obstacle, tried)),
    probes,
    problems,
  };
}

/** `obstacle`: stands in the way of all. */
function subjectOf(
  subject: Subject,
  facts: HostFacts,
  obstacle: KsmpilotError | undefined,
  tried: TierChoice | undefined,
): SubjectCapability {
  const { usable, excluded } = sortTiers(subject, facts);
  const refused = new Map(tried?.passedOver(subject.name).map(({ tier, why }) => [tier, why]));
  const works = tried?.programFor(subject.name)?.tier;
  const tiers = subject.tiers.map((tier): TierCapability => {
    const { file, name, taxing } = tier;
    const error = obstacle ?? excluded.find((one) => one.tier === tier)?.error;
    if (error !== undefined) return { tier: name, file, taxing, state: 'excluded', why: formatError(error) };
    const why = refused.get(name);
    if (why !== undefined) return { tier: name, file, taxing, state: 'refused', why };
    if (tried !== undefined) return { tier: name, file, taxing, state: name === works ? 'works' : 'spare' };
    return { tier: name, file, taxing, state: tier === usable[0] ? 'first' : 'spare' };
  });
  return { name: subject.name, tiers };
}

function problemOf(error: KsmpilotError, consequence: string): Problem {
  return { code: error.code, what: `${error.message}${consequence}`, cure: error.hint ?? 'none known' };
}
