import type { Mode, TunerSettings } from '../tuner/types.js';
import { type Config, validateConfig } from './config.js';
import type { EventLog } from './event-log.js';
import type { GuestWatch } from './guest-watch.js';
import type { History } from './history.js';
import { findProbeProblems, findProblems } from './host.js';
import type { HostFacts } from './kernel/host-facts.js';
import type { KnobDesk } from './knob-desk.js';
import type { DecisionTally } from './model/decision-tally.js';
import type { Point } from './model/derived.js';
import type { AgentEvent, RecordedDecision } from './model/event.js';
import type { GuestTable } from './model/guest.js';
import type { HostInfo } from './model/host.js';
import type { Baseline, RestoreReport } from './model/knobs.js';
import type { ProbeSource } from './model/probe.js';
import type { SideChannelReport } from './model/side-channel.js';
import type { Past } from './past.js';
import type { RivalWatch } from './rival-watch.js';
import type { AgentPort, GuestCalls, PastCalls } from './rpc/port.js';
import type { SideChannelWatch } from './side-channel/watch.js';
import { ksmpilotVersion } from './version.js';

export interface AgentViewOptions {
  readonly config: Config;
  readonly facts: HostFacts;
  readonly probes: ProbeSource;
  readonly desk: KnobDesk;
  readonly history: History;
  readonly events: EventLog;
  readonly rivals: RivalWatch;
  readonly guests: Pick<GuestWatch, 'table'>;
  readonly guestCalls: GuestCalls;
  readonly past: Past;
  readonly sideChannel: Pick<SideChannelWatch, 'report'>;
  /** Lets the tuner decide now, on the newest sample. */
  readonly steer: () => void;
  /** Wall clock, milliseconds. */
  readonly startedMs: number;
}

/** The agent as the services see it. */
export class AgentView implements AgentPort {
  readonly #parts: AgentViewOptions;

  constructor(parts: AgentViewOptions) {
    this.#parts = parts;
  }

  get guestCalls(): GuestCalls {
    return this.#parts.guestCalls;
  }

  get past(): PastCalls {
    return this.#parts.past;
  }

  host(): HostInfo {
    const { past, facts, probes, desk, rivals, history, startedMs } = this.#parts;
    const { lockdown: _, ...shown } = facts;
    const { states, bpftraceVersion } = probes.snapshot();
    const sample = history.latest?.sample;
    return {
      ...shown,
      ksmpilotVersion,
      ...(bpftraceVersion === undefined ? {} : { bpftraceVersion }),
      probes: states,
      rivals: rivals.seen.map(({ name, pid }) => `${name} (pid ${pid})`),
      problems: [
        ...findProblems({
          facts,
          ksm: sample?.ksm,
          autoSteers: desk.pilot.steersRun,
          rivals: rivals.seen,
          sources: sample?.sources ?? [],
        }),
        ...findProbeProblems(states),
        ...past.problems,
      ],
      agentStartedMs: startedMs,
      agentCpuSec: ownCpuSec(),
    };
  }

  latest(): Point | undefined {
    return this.#parts.history.latest;
  }

  pointsSince(sinceMs: number): readonly Point[] {
    return this.#parts.history.since(sinceMs);
  }

  onPoint(listener: (point: Point) => void): () => void {
    return this.#parts.history.listen(listener);
  }

  guests(): GuestTable | undefined {
    return this.#parts.guests.table;
  }

  sideChannel(): SideChannelReport {
    return this.#parts.sideChannel.report();
  }

  eventsSince(sinceMs: number): readonly AgentEvent[] {
    return this.#parts.events.since(sinceMs);
  }

  onEvent(listener: (event: AgentEvent) => void): () => void {
    return this.#parts.events.listen(listener);
  }

  mode(): Mode {
    return this.#parts.desk.pilot.mode;
  }

  paused(): boolean {
    return this.#parts.desk.pilot.paused;
  }

  decisions(count: number): readonly RecordedDecision[] {
    return this.#parts.desk.pilot.decisions(count);
  }

  decisionTally(): DecisionTally {
    return this.#parts.desk.pilot.tally;
  }

  settings(): TunerSettings {
    return this.#parts.desk.pilot.settings;
  }

  configJson(): string {
    return JSON.stringify({ ...this.#parts.config, mode: this.mode(), tuner: this.settings() });
  }

  baseline(): Baseline | undefined {
    return this.#parts.desk.baseline();
  }

  setMode(mode: Mode): Promise<void> {
    // The answer should show what the tuner makes of it, not what it said before.
    return this.#parts.desk.setMode(mode).then(() => this.#parts.steer());
  }

  pause(): void {
    this.#parts.desk.pilot.pause();
  }

  resume(): void {
    this.#parts.desk.pilot.resume();
    this.#parts.steer();
  }

  restore(): Promise<RestoreReport> {
    return settle(() => this.#parts.desk.restoreNow());
  }

  updateSettings(change: Partial<TunerSettings>): void {
    const { tuner } = validateConfig({ tuner: { ...this.settings(), ...change } }, 'the request');
    this.#parts.desk.changeSettings(tuner);
  }
}

/** Work that may throw, as a promise. */
function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function ownCpuSec(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
