/** What the probes could do on this host, for `doctor`. Starts nothing but `bpftrace --version`. */

import { KsmpilotError, formatError } from '../errors.js';
import type { Problem } from '../model/host.js';
import type { ProbeState } from '../model/probe.js';
import { type FactsOptions, gatherHostFacts } from './host-facts.js';
import { type HostFacts, SUBJECTS, WANTED_TRACEPOINTS, hostObstacle, pickTier } from './tier.js';

export interface ProbeCapabilities {
  readonly bpftraceVersion?: string;
  /** Mount point. */
  readonly tracefs?: string;
  readonly lockdown?: string;
  /** Each tracepoint that a program wants: is it here? */
  readonly tracepoints: Readonly<Record<string, boolean>>;
  /** `off` with what it would count, or `unavailable` with cause and cure. */
  readonly probes: readonly ProbeState[];
  readonly problems: readonly Problem[];
}

export async function probeCapabilities(options: FactsOptions): Promise<ProbeCapabilities> {
  return capabilitiesOf(await gatherHostFacts(options));
}

export function capabilitiesOf(facts: HostFacts): ProbeCapabilities {
  const obstacle = hostObstacle(facts);
  const problems: Problem[] = obstacle === undefined ? [] : [problemOf(obstacle, '')];
  const probes = SUBJECTS.map((subject): ProbeState => {
    const tier = obstacle ?? pickTier(subject, facts);
    if (!(tier instanceof KsmpilotError)) {
      return { name: subject.name, state: 'off', detail: `bpf/${tier.file}: ${subject.counts}`, restarts: 0 };
    }
    // A host without virtual machines lacks nothing.
    if (obstacle === undefined && subject.name !== 'kvm') problems.push(problemOf(tier, `; ${subject.without}`));
    return {
      name: subject.name,
      state: 'unavailable',
      detail: `${formatError(tier)}. Without it: ${subject.without}`,
      restarts: 0,
    };
  });
  return {
    ...(!(facts.bpftrace instanceof KsmpilotError) && { bpftraceVersion: facts.bpftrace.version }),
    ...(facts.tracefs !== undefined && { tracefs: facts.tracefs }),
    ...(facts.lockdown !== undefined && { lockdown: facts.lockdown }),
    tracepoints: Object.fromEntries(WANTED_TRACEPOINTS.map((name) => [name, facts.tracepoints.has(name)])),
    probes,
    problems,
  };
}

function problemOf(error: KsmpilotError, consequence: string): Problem {
  return { code: error.code, what: `${error.message}${consequence}`, cure: error.hint ?? 'none known' };
}
