/** What is asked of an agent for its metrics: four calls, each answered from memory. */

import type { GuestList__Output } from '../../../proto/generated/ksmpilot/v1/GuestList.js';
import type { Host__Output } from '../../../proto/generated/ksmpilot/v1/Host.js';
import type { SampleFrame__Output } from '../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../../proto/generated/ksmpilot/v1/Status.js';
import type { Tuner__Output } from '../../../proto/generated/ksmpilot/v1/Tuner.js';

/** An agent as the metrics need it; AgentClient is one. `who`: `Bearer TOKEN`, or undefined for nobody in particular. */
export interface MetricsAgent {
  host(who: string | undefined): Promise<Host__Output>;
  status(who: string | undefined): Promise<Status__Output>;
  tuner(who: string | undefined, decisions: number): Promise<Tuner__Output>;
  guests(who: string | undefined): Promise<GuestList__Output>;
}

/** Which guests have series of their own: all, those that are not lone processes, or none. */
export type GuestChoice = 'all' | 'named' | 'none';

/** The answers of one agent; undefined: it did not answer that call in time, or refused it. */
export interface AgentReading {
  readonly status: Status__Output | undefined;
  readonly host: Host__Output | undefined;
  readonly tuner: Tuner__Output | undefined;
  readonly guests: GuestList__Output | undefined;
}

export const CALLS = ['status', 'host', 'tuner', 'guests'] as const satisfies readonly (keyof AgentReading)[];

/** The newest frame; undefined before the first sample. */
export function sampleOf({ status }: AgentReading): SampleFrame__Output | undefined {
  return status?.sample ?? undefined;
}

/**
 * Never rejects: an agent that does not answer within `timeoutMs` must not keep the others' figures from being told.
 * Prometheus gives a scrape ten seconds by default.
 */
export async function readAgent(
  agent: MetricsAgent,
  who: string | undefined,
  timeoutMs: number,
): Promise<AgentReading> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  const ended = new Promise<undefined>((resolve) => {
    deadline.signal.addEventListener('abort', () => resolve(undefined));
  });
  const answered = <T>(call: () => Promise<T>): Promise<T | undefined> =>
    Promise.race([call().catch(() => undefined), ended]);
  try {
    const [status, host, tuner, guests] = await Promise.all([
      answered(() => agent.status(who)),
      answered(() => agent.host(who)),
      answered(() => agent.tuner(who, 1)),
      answered(() => agent.guests(who)),
    ]);
    return { status, host, tuner, guests };
  } finally {
    clearTimeout(timer);
  }
}
