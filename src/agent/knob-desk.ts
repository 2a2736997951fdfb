import type { KnobPort, Mode, Observation, TunerSettings } from '../tuner/types.js';
import { BaselineKnobPort } from './baseline-port.js';
import { type BaselineStore, restoreBaseline } from './baseline.js';
import { formatError, KsmpilotError } from './errors.js';
import { planGiveBack } from './give-back.js';
import { knobsOf, readKnobs } from './kernel/ksm-knobs.js';
import type { Log } from './log.js';
import type { AgentEventBody } from './model/event.js';
import { foreignChanges } from './model/knob-watch.js';
import type { Baseline, KnobValues, RestoreReport } from './model/knobs.js';
import type { KsmSysfs } from './model/raw.js';
import { Pilot } from './pilot.js';

/** The right to move this host's knobs, which one agent at a time has: AgentLock in the folder of the baseline. */
export interface KnobClaim {
  /** @throws KsmpilotError AGENT_RUNNING */
  acquire(): Promise<void>;
  release(): void;
}

export interface KnobDeskOptions {
  readonly claim: KnobClaim;
  /** Writes without recording: KsmWriter. */
  readonly writer: KnobPort;
  readonly store: BaselineStore;
  readonly settings: TunerSettings;
  readonly root: boolean;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Monotonic clock, milliseconds. */
  readonly monoMs: () => number;
  readonly log: Log;
  readonly emit: (event: AgentEventBody) => void;
}

/** Everything that has to do with moving knobs: modes, the pilot, the baseline, and who moved what. */
export class KnobDesk {
  readonly #options: KnobDeskOptions;
  readonly pilot: Pilot;
  /** Saves the baseline first, and tells what it writes. */
  readonly #port: KnobPort;
  #lastSeen: KnobValues | undefined;
  /** What we wrote since the last reading. */
  #written: Record<string, number | string> = {};

  constructor(options: KnobDeskOptions) {
    this.#options = options;
    const recording = new BaselineKnobPort({ port: options.writer, store: options.store, now: options.now });
    this.#port = this.#announcing(recording);
    this.pilot = new Pilot({
      settings: options.settings,
      port: this.#port,
      now: options.now,
      monoMs: options.monoMs,
      log: options.log,
      emit: options.emit,
    });
  }

  /** The baseline of this boot, if knobs were written; undefined too when the file cannot be read, which is logged. */
  baseline(): Baseline | undefined {
    try {
      const baseline = this.#options.store.load();
      return baseline?.bootId === this.#options.store.bootId ? baseline : undefined;
    } catch (error) {
      this.#options.log.warn('the saved baseline cannot be read', { error: formatError(error) });
      return undefined;
    }
  }

  /**
   * Puts back what an earlier agent left when it was killed. The baseline of an agent that lives is left alone.
   *
   * @returns undefined where there is nothing to do
   */
  async recover(): Promise<RestoreReport | undefined> {
    if (!this.#hasLeftovers()) return undefined;
    const { claim, log } = this.#options;
    try {
      await claim.acquire();
    } catch (error) {
      log.warn('knobs that another agent moves are not restored', { error: formatError(error) });
      return undefined;
    }
    log.warn('an earlier agent ended without restoring the knobs; restoring them now');
    const report = this.restore();
    claim.release();
    return report;
  }

  /** An unreadable baseline counts: `restore` says what is wrong with it. */
  #hasLeftovers(): boolean {
    try {
      return this.#options.store.load() !== undefined;
    } catch {
      return true;
    }
  }

  /**
   * Leaving auto restores the baseline.
   *
   * @throws KsmpilotError MODE_REFUSED, AGENT_RUNNING, BASELINE_UNREADABLE, and the mode is as before;
   *   KSM_KNOB_REFUSED when a knob was not put back: the mode is left, and the baseline stays for a later try
   */
  async setMode(mode: Mode): Promise<void> {
    const { claim } = this.#options;
    if (mode === 'auto') {
      this.#checkAuto();
      if (this.pilot.mode !== 'auto') await claim.acquire();
      this.pilot.enter(mode);
      return;
    }
    const leavingAuto = this.pilot.mode === 'auto';
    this.pilot.enter(mode);
    if (!leavingAuto) return;
    const report = this.restore();
    claim.release();
    refuseIfFailed(report);
  }

  /**
   * Auto mode gives back at once what the new settings do not let it move any more; see give-back.ts.
   *
   * @throws KsmpilotError when a knob cannot be given back; the settings are then as before
   */
  changeSettings(settings: TunerSettings): void {
    const baseline = this.pilot.mode === 'auto' ? this.baseline() : undefined;
    if (baseline !== undefined) {
      const current = readKnobs(this.#port);
      for (const change of planGiveBack({ baseline, current, before: this.pilot.settings, after: settings })) {
        // Nothing starts KSM while the policy may not.
        if (change.knob === 'run' && change.to !== 0 && !this.pilot.steersRun) continue;
        this.#port.write(change.knob, change.to);
        this.pilot.noteWritten([change]);
        this.#options.log.info(`gave back ${change.knob}`, { from: change.from, to: change.to });
      }
    }
    this.pilot.changeSettings(settings);
  }

  /**
   * At the agent's end: leaves auto, or tries once more what could not be put back when it was left.
   *
   * @throws KsmpilotError KSM_KNOB_REFUSED when a knob is still not put back
   */
  async leave(): Promise<void> {
    if (this.pilot.mode === 'auto') await this.setMode('observe');
    else refuseIfFailed(await this.recover());
  }

  /** What `ksmpilot restore` asks for: observe mode, and the knobs as they were found. */
  restoreNow(): RestoreReport {
    const wasAuto = this.pilot.mode === 'auto';
    this.pilot.enter('observe');
    const report = this.restore();
    if (wasAuto) this.#options.claim.release();
    return report;
  }

  /** Puts back every knob that still holds our value. Never throws; failures are in the report. */
  restore(): RestoreReport {
    const { store, writer, log } = this.#options;
    let report: RestoreReport;
    try {
      report = restoreBaseline(store, this.#announcing(writer));
    } catch (error) {
      log.error('knobs were not restored', { error: formatError(error) });
      return { restored: [], left: [formatError(error)], failed: ['baseline'] };
    }
    for (const { knob, from, to } of report.restored) log.info(`restored ${knob}`, { from, to });
    for (const sentence of report.left) log.warn(`not restored: ${sentence}`);
    return report;
  }

  /** Compares a reading with what was seen and written before, and reports what somebody else moved. */
  watch(ksm: KsmSysfs): void {
    const now = knobsOf(ksm);
    if (this.#lastSeen !== undefined) {
      for (const change of foreignChanges(this.#lastSeen, now, this.#written)) {
        this.#options.log.warn(`${change.knob} was moved by somebody else`, { from: change.from, to: change.to });
        this.#options.emit({ kind: 'knob', change });
      }
    }
    this.#lastSeen = now;
    this.#written = {};
  }

  /**
   * Auto mode that yields leaves nothing behind: what still holds our value goes back at once, as when it is left. What
   * somebody else has moved stays.
   */
  tick(observation: Observation): void {
    const yielded = this.pilot.yields();
    this.pilot.tick(observation);
    if (yielded || !this.pilot.yields() || this.baseline() === undefined) return;
    this.#options.log.warn('auto mode yields: the knobs that still hold its values are put back');
    this.restore();
    this.pilot.letGo();
  }

  #checkAuto(): void {
    if (!this.#options.root) {
      throw new KsmpilotError('MODE_REFUSED', 'auto mode writes to /sys/kernel/mm/ksm, which needs root', {
        hint: 'run the agent as root, or use advise: it decides the same and writes nothing.',
      });
    }
    for (const knob of ['run', 'pages_to_scan', 'sleep_millisecs']) {
      try {
        this.#options.writer.read(knob);
      } catch (error) {
        const hint = error instanceof KsmpilotError ? error.hint : undefined;
        const why = error instanceof Error ? error.message : String(error);
        throw new KsmpilotError('MODE_REFUSED', `auto mode needs ${knob}: ${why}`, { hint, cause: error });
      }
    }
    // A baseline that cannot be read is somebody's knobs that could not be put back: look first, write later.
    this.#options.store.load();
  }

  /** Tells every write that changed something, and remembers it until the next reading. */
  #announcing(port: KnobPort): KnobPort {
    return {
      read: (knob) => port.read(knob),
      write: (knob, value) => {
        const from = port.read(knob);
        port.write(knob, value);
        if (from === value) return;
        this.#written[knob] = value;
        this.#options.emit({ kind: 'knob', change: { knob, from: String(from), to: String(value), by: 'ksmpilot' } });
      },
    };
  }
}

/** A failed restore must not look like a success: to who asked, and in the exit code. */
function refuseIfFailed(report: RestoreReport | undefined): void {
  const failed = report?.failed ?? [];
  if (failed.length === 0) return;
  throw new KsmpilotError('KSM_KNOB_REFUSED', `auto mode is left, but not put back: ${failed.join(', ')}`, {
    hint: 'the log names each cause; clear it, then run `ksmpilot restore`. The baseline is kept.',
  });
}
