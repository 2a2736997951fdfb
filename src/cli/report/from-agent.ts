/** What a running agent knows, as a report takes it. */

import type { EventFrame__Output } from '../../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { EventKind } from '../../../proto/generated/ksmpilot/v1/EventKind.js';
import type { AgentClient } from '../client.js';
import { modeName } from '../format-json.js';
import type { ReportEvent, ReportGuest, ReportHost, ReportPast } from './past.js';

/** Kinds that a report tells; full scans and processes come by the thousand. */
const KINDS = {
  EVENT_KIND_DECISION: 'decision',
  EVENT_KIND_MODE: 'mode',
  EVENT_KIND_KNOB_CHANGED: 'knob',
  EVENT_KIND_GUEST_POLICY: 'guest-policy',
  EVENT_KIND_SIDE_CHANNEL: 'side-channel',
} as const satisfies Partial<Record<EventKind, ReportEvent['kind']>>;

/** The most that an agent tells in one answer. */
const EVENTS_MAX = 5000;

export function pastOf(agent: AgentClient): ReportPast {
  return {
    history: async ({ fromMs, toMs, points, fields, guest }) => {
      const answer = await agent.history({ from_ms: fromMs, to_ms: toMs, points, fields: [...fields], guest });
      return {
        resolutionMs: answer.resolution_ms,
        timesMs: answer.time_ms,
        columns: answer.columns,
        oldestMs: answer.oldest_ms,
        problem: answer.problem,
      };
    },
    events: async ({ fromMs, toMs }) => {
      const { events, more } = await agent.pastEvents({
        from_ms: fromMs,
        to_ms: toMs,
        kinds: Object.keys(KINDS) as (keyof typeof KINDS)[],
        limit: EVENTS_MAX,
      });
      return { events: events.map(eventOf), more };
    },
  };
}

function eventOf({ time_ms, kind, text, decision, knob }: EventFrame__Output): ReportEvent {
  return {
    timeMs: time_ms,
    kind: (KINDS as Partial<Record<string, ReportEvent['kind']>>)[kind] ?? 'other',
    text,
    bySomebodyElse: knob !== null && knob.by !== 'ksmpilot',
    decision:
      decision === null
        ? null
        : {
            phase: decision.phase,
            changes: decision.changes.length,
            written: decision.written,
            held: decision.outcome?.held ?? null,
          },
  };
}

export interface Present {
  readonly host: ReportHost;
  readonly guests: readonly ReportGuest[];
  readonly gibPerCore: number | null;
}

/** @param local what is read of this host beside the agent, where the agent is on it */
export async function presentOf(
  agent: AgentClient,
  local: {
    readonly hugePages: string | null;
    readonly promised: (pid: number, key: string) => number | null;
  } | null,
): Promise<Present> {
  const [host, status, { guests }, { processes }, tuner] = await Promise.all([
    agent.host(),
    agent.status(),
    agent.guests(),
    agent.processes(),
    agent.tuner(1),
  ]);
  const resident = processes.filter(({ ended, anon_bytes }) => !ended && anon_bytes !== undefined);
  return {
    host: {
      hostname: host.hostname,
      kernel: host.kernel_release,
      memTotalBytes: host.mem_total_bytes ?? null,
      memAvailableBytes: status.sample?.mem_available_bytes ?? null,
      residentBytes: resident.length === 0 ? null : resident.reduce((sum, one) => sum + (one.anon_bytes ?? 0), 0),
      mode: modeName(status.mode),
      run: status.sample?.knobs?.run ?? null,
      rivals: host.rivals,
      problems: host.problems,
      agentStartedMs: host.agent_started_ms,
      agentCpuSec: host.agent_cpu_sec ?? null,
      probeCores: status.sample?.cow?.duty?.cost_cores ?? null,
      hugePages: local?.hugePages ?? null,
    },
    guests: guests.map((guest) => ({
      identity: guest.identity,
      name: guest.name,
      kind: guest.kind,
      merge: guest.merge ?? null,
      mergeableBytes: guest.mergeable_bytes ?? null,
      promisedBytes: guest.pids[0] === undefined ? null : (local?.promised(guest.pids[0], guest.key) ?? null),
      suspicion: guest.suspicion_text ?? null,
    })),
    gibPerCore: tuner.settings?.gib_per_core ?? null,
  };
}
