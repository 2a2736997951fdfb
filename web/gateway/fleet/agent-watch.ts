/**
 * How one agent fares: asked every few seconds while somebody looks at the agents, and not at all while nobody does.
 * However many look, the agent is asked once; while it does not answer, only its own row waits.
 */

import type { SampleFrame__Output } from '../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Status__Output } from '../../../proto/generated/ksmpilot/v1/Status.js';
import type { AgentClient } from '../agent-client.js';
import { refusalOf } from '../status.js';
import type { HostFigures } from './fleet.js';
import { Trend } from './trend.js';

export type AgentState = 'connected' | 'connecting' | 'lost';

export interface AgentView {
  readonly state: AgentState;
  /** When it came to be in this state, milliseconds since the epoch. */
  readonly since_ms: number;
  /** Why it is lost; empty otherwise. */
  readonly detail: string;
  /** Undefined: it never answered. */
  readonly figures: HostFigures | undefined;
  /** Since the newest sample came, by this machine's clock; undefined: none came. */
  readonly age_ms: number | undefined;
  readonly trend: Trend;
}

export interface AgentWatchOptions {
  readonly agent: Pick<AgentClient, 'status' | 'host' | 'guests' | 'history'>;
  readonly pollMs?: number;
  readonly now?: () => number;
}

/** As long as figures stay of use to somebody who compares hosts. */
const POLL_MS = 3_000;
/** Host facts and the number of guests change seldom, and the list of guests is long: asked every so many polls. */
const SLOW_EVERY = 5;
/** Polls after the last look, so that pages that poll find fresh figures. */
const INTEREST_MS = 20_000;
/** How long a first look waits, so that it does not find everybody connecting. */
const FIRST_WAIT_MS = 1_000;
/** The first points of a trend come from the agent's history, this far back. */
export const TREND_MS = 15 * 60_000;
export const TREND_POINTS = 60;

type Slow = Pick<HostFigures, 'hostname' | 'version' | 'mem_total_bytes' | 'problems' | 'problem_codes' | 'guests'>;

const UNKNOWN: Slow = {
  hostname: '',
  version: '',
  mem_total_bytes: undefined,
  problems: undefined,
  problem_codes: [],
  guests: undefined,
};

export class AgentWatch {
  readonly #agent: AgentWatchOptions['agent'];
  readonly #pollMs: number;
  readonly #now: () => number;
  readonly #trend = new Trend({ points: TREND_POINTS, spanMs: TREND_MS });
  #state: AgentState = 'connecting';
  #sinceMs: number;
  #detail = '';
  #figures: HostFigures | undefined;
  #slow: Slow = UNKNOWN;
  #sampleMs = 0;
  #heardMs: number | undefined;
  #rounds = 0;
  #isSeeded = false;
  #wantedUntilMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #isStopped = false;

  constructor({ agent, pollMs = POLL_MS, now = Date.now }: AgentWatchOptions) {
    this.#agent = agent;
    this.#pollMs = pollMs;
    this.#now = now;
    this.#sinceMs = now();
  }

  /** What is known now; the agent is asked from here on for a while. */
  look(): AgentView {
    this.#want();
    return this.#view;
  }

  /** As `look`, but where nothing is known yet the first answer is waited for, for a second at most. */
  async firstLook(): Promise<AgentView> {
    this.#want();
    if (this.#state === 'connecting' && this.#round !== undefined) {
      await Promise.race([this.#round, new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS).unref())]);
    }
    return this.#view;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #view(): AgentView {
    return {
      state: this.#state,
      since_ms: this.#sinceMs,
      detail: this.#detail,
      figures: this.#figures,
      age_ms: this.#heardMs === undefined ? undefined : Math.max(0, this.#now() - this.#heardMs),
      trend: this.#trend,
    };
  }

  #want(): void {
    this.#wantedUntilMs = this.#now() + INTEREST_MS;
    if (this.#round === undefined && this.#timer === undefined) this.#begin();
  }

  #begin(): void {
    if (this.#isStopped) return;
    this.#timer = undefined;
    this.#round = this.#ask().finally(() => {
      this.#round = undefined;
      if (this.#isStopped || this.#now() >= this.#wantedUntilMs) return;
      this.#timer = setTimeout(() => this.#begin(), this.#pollMs);
    });
  }

  /** One round; never rejects. */
  async #ask(): Promise<void> {
    try {
      const isSlowDue = this.#rounds % SLOW_EVERY === 0 || this.#state !== 'connected';
      this.#rounds += 1;
      const [status] = await Promise.all([this.#agent.status(undefined), isSlowDue ? this.#askSlow() : undefined]);
      this.#figures = figuresOf(status, this.#slow);
      this.#hear(status.sample);
      this.#become('connected', '');
      if (!this.#isSeeded) {
        this.#isSeeded = true;
        void this.#seed();
      }
    } catch (error) {
      this.#become('lost', refusalOf(error).body.message);
    }
  }

  async #askSlow(): Promise<void> {
    const [host, list] = await Promise.all([
      this.#agent.host(undefined),
      this.#agent.guests(undefined).catch(() => undefined),
    ]);
    this.#slow = {
      hostname: host.hostname,
      version: host.ksmpilot_version,
      mem_total_bytes: host.mem_total_bytes,
      problems: host.problems.length,
      problem_codes: host.problems.map(({ code }) => code),
      guests: list?.guests.length,
    };
  }

  /** Two hosts' clocks are never compared: how old a sample is, is how long ago it was first seen here. */
  #hear(sample: SampleFrame__Output | null): void {
    if (sample === null || sample.time_ms === this.#sampleMs) return;
    this.#sampleMs = sample.time_ms;
    this.#heardMs = this.#now();
    this.#trend.push(sample.time_ms, sample.saved_bytes);
  }

  /** Agents without a history have a trend as long as they were looked at. */
  async #seed(): Promise<void> {
    const now = this.#now();
    try {
      const { time_ms, columns } = await this.#agent.history(undefined, {
        from_ms: now - TREND_MS,
        to_ms: now,
        points: TREND_POINTS,
        fields: ['saved_bytes'],
      });
      const values = columns.find(({ name }) => name === 'saved_bytes')?.mean ?? [];
      this.#trend.seed(time_ms.map((timeMs, index) => [timeMs, values[index]] as const));
    } catch {
      // What the agent cannot tell is not drawn.
    }
  }

  #become(state: AgentState, detail: string): void {
    if (state !== this.#state) this.#sinceMs = this.#now();
    this.#state = state;
    this.#detail = detail;
  }
}

function figuresOf({ mode, paused, sample }: Status__Output, slow: Slow): HostFigures {
  return {
    ...slow,
    mode: mode.replace(/^MODE_/, '').toLowerCase(),
    paused,
    saved_bytes: sample?.saved_bytes,
    ksmd_cores: sample?.ksmd_cpu_pct === undefined ? undefined : sample.ksmd_cpu_pct / 100,
    net_cores: sample?.net_cores,
    cow_breaks_per_sec: sample?.cow_breaks_per_sec,
    unmerge_needed_bytes: sample?.unmerge_needed_bytes,
    unmerge_usable_bytes: sample?.unmerge_usable_bytes,
  };
}
