import { actuate, noteActuation } from '../tuner/actuator.js';
import { initialState, letGo, takeOver, type TunerState } from '../tuner/state.js';
import { step } from '../tuner/step.js';
import type { Decision, KnobChange, KnobPort, Mode, Observation, TunerSettings } from '../tuner/types.js';
import { formatError } from './errors.js';
import type { Log, LogFields } from './log.js';
import { EMPTY_TALLY, tallied, type DecisionTally } from './model/decision-tally.js';
import type { AgentEventBody, RecordedDecision } from './model/event.js';
import { Ring } from './store/ring.js';

/** Decisions kept for `tune explain`, the page and gRPC. */
const DECISIONS_KEPT = 1000;

/** See `Pilot.paceMs`. */
const URGENT_MS = 500;
const BURST_MS = 1000;

export interface PilotOptions {
  readonly settings: TunerSettings;
  /** Saves the baseline before the first write; see baseline-port.ts. */
  readonly port: KnobPort;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Monotonic clock, milliseconds: that of the observations. */
  readonly monoMs: () => number;
  readonly log: Log;
  readonly emit: (event: AgentEventBody) => void;
}

/** Drives the tuner: one step per sample, its decision carried out in auto mode and only told in advise mode. */
export class Pilot {
  readonly #options: PilotOptions;
  readonly #decisions = new Ring<RecordedDecision>(DECISIONS_KEPT);
  #settings: TunerSettings;
  #mode: Mode = 'observe';
  #paused = false;
  #state: TunerState = initialState();
  #tally: DecisionTally = EMPTY_TALLY;

  constructor(options: PilotOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  get mode(): Mode {
    return this.#mode;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Milliseconds after which the next sample is wanted at the latest, whatever the interval: a burst must end in time. */
  get paceMs(): number {
    if (this.#mode === 'observe') return Infinity;
    return this.#state.urgent ? URGENT_MS : this.#state.burst.active ? BURST_MS : Infinity;
  }

  get settings(): TunerSettings {
    return this.#settings;
  }

  /** Does it decide whether ksmd scans? Then it is no fault when ksmd does not. */
  get steersRun(): boolean {
    const [newest] = this.#decisions.last(1);
    return this.#mode === 'auto' && !this.#paused && newest?.decision.phase !== 'hands-off';
  }

  /** The newest `count` decisions, oldest first. */
  decisions(count: number): readonly RecordedDecision[] {
    return this.#decisions.last(count);
  }

  get tally(): DecisionTally {
    return this.#tally;
  }

  /** Entering auto again is how an operator hands the knobs back after the tuner yielded. Estimates are kept. */
  enter(mode: Mode): void {
    if (this.#mode === 'auto' && mode !== 'auto') this.letGo();
    this.#mode = mode;
    this.#paused = false;
    this.#state = takeOver(this.#state);
    this.#options.emit({ kind: 'mode', mode });
  }

  /** The knobs were put back as they were found: the policy holds none any more. */
  letGo(): void {
    this.#state = letGo(this.#state);
  }

  /** Auto mode leaves the knobs to somebody else, until it is handed them back. */
  yields(): boolean {
    return this.#mode === 'auto' && /^(yielded|rival) /.test(this.#state.last?.kind ?? '');
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  changeSettings(change: Partial<TunerSettings>): void {
    this.#settings = { ...this.#settings, ...change };
  }

  /** Knobs that the agent wrote beside the policy, which must not take them for somebody else's moves. */
  noteWritten(written: readonly KnobChange[]): void {
    const result = { ofDecision: 0, written, alreadyThere: [], refused: null, notTried: [] };
    this.#state = noteActuation(this.#state, result, this.#options.monoMs());
  }

  /** One tick. Never throws: a defect in the policy must not end the sampling. */
  tick(observation: Observation): void {
    if (this.#mode === 'observe') return;
    try {
      this.#step(observation);
    } catch (error) {
      this.#options.log.error('the tuner failed; knobs stay as they are', { error: formatError(error) });
    }
  }

  #step(observation: Observation): void {
    const { state, decision } = step({
      observation,
      state: this.#state,
      settings: this.#settings,
      mode: this.#mode,
      paused: this.#paused,
    });
    const isNew = decision.id !== this.#state.last?.id;
    this.#state = state;
    const mayWrite = this.#mode === 'auto' && !this.#paused;
    const result = mayWrite && decision.changes.length > 0 ? actuate(decision, this.#options.port) : undefined;
    if (result !== undefined) {
      this.#state = noteActuation(this.#state, result, this.#options.monoMs());
      if (result.refused !== null) this.#options.log.warn('a knob was not written', { why: result.refused.text });
    }
    if (isNew) this.#record(decision, result !== undefined && result.refused === null);
  }

  #record(decision: Decision, written: boolean): void {
    const record: RecordedDecision = { decision, timeMs: this.#options.now(), written };
    this.#decisions.push(record);
    this.#tally = tallied(this.#tally, record);
    this.#options.log.info(`${decision.phase}: ${decision.reason}`, changesOf(decision));
    this.#options.log.debug(`inputs of decision ${decision.id}`, inputsOf(decision));
    this.#options.emit({ kind: 'decision', record });
  }
}

function changesOf(decision: Decision): LogFields {
  return {
    decision: decision.id,
    ...Object.fromEntries(decision.changes.map(({ knob, from, to }) => [knob, `${from} -> ${to}`])),
    ...(decision.outcome === null ? {} : { outcome: decision.outcome.text }),
  };
}

/** Every estimate that the decision rests on; `tune explain` and gRPC have them as well. */
function inputsOf(decision: Decision): LogFields {
  return Object.fromEntries(
    decision.estimates.map(({ name, value, unit }) => [name, `${rounded(value)} ${unit}`.trim()]),
  );
}

function rounded(value: number | null): string {
  return value === null ? '?' : String(Number(value.toPrecision(4)));
}
