import type { KnobPort } from '../tuner/types.js';
import type { BaselineStore } from './baseline.js';
import { checkKnobValue, readIfThere, readKnobs, type WritableKnob } from './kernel/ksm-knobs.js';
import type { Baseline, KnobValues } from './model/knobs.js';
import { PAGES_TO_SCAN_AFTER_ADVISOR } from './restore-plan.js';

/**
 * A knob port that keeps the baseline: saves all knobs before the first write, and records each write before it is done.
 *
 * Killed at any instant, the file and the knobs fit together:
 *
 * | killed            | file: written, previous | knob    | restore                                        |
 * | before the record | old, none               | old     | old is ours: back to the baseline              |
 * | before the write  | new, old                | old     | old is held as `previous`, so ours: back       |
 * | after the write   | new, old                | new     | new is ours: back                              |
 * | after the confirm | new, none               | new     | new is ours: back; old, set by hand, is theirs |
 *
 * A write that the kernel refuses is taken back in the file.
 */
export class BaselineKnobPort implements KnobPort {
  readonly #port: KnobPort;
  readonly #store: BaselineStore;
  readonly #now: () => number;

  /** @param options.now wall clock, milliseconds since the epoch */
  constructor(options: { port: KnobPort; store: BaselineStore; now?: () => number }) {
    this.#port = options.port;
    this.#store = options.store;
    this.#now = options.now ?? Date.now;
  }

  read(knob: string): number | string {
    return this.#port.read(knob);
  }

  /**
   * @throws KsmpilotError what the port throws; BASELINE_UNREADABLE or BASELINE_NOT_SAVED, and then nothing was written
   */
  write(knob: string, value: number | string): void {
    const name = checkKnobValue(knob, value);
    const found = this.#port.read(name);
    if (found === value) return;

    const saved = this.#load();
    const before = saved ?? this.#take();
    const after: Baseline = {
      ...before,
      knobs: this.#isKnown(before, name, found) ? before.knobs : { ...before.knobs, [name]: found },
      written: { ...before.written, [name]: value, ...sideEffect(name, value) },
      previous: { ...before.previous, [name]: found },
    };
    this.#store.save(after);
    try {
      this.#port.write(name, value);
    } catch (error) {
      this.#takeBack(name, found, saved);
      throw error;
    }
    this.#confirm(settled(after, name));
  }

  /** The baseline of this boot. One of an earlier boot is of no use any more, and is replaced by the next save. */
  #load(): Baseline | undefined {
    const saved = this.#store.load();
    return saved?.bootId === this.#store.bootId ? saved : undefined;
  }

  #take(): Baseline {
    return { bootId: this.#store.bootId, savedAtMs: this.#now(), knobs: readKnobs(this.#port), written: {} };
  }

  /**
   * Is this value the baseline's, of our own writing, or the kernel's advisor's? If not, somebody has set the knob
   * since, knowingly, and that is what it must go back to.
   */
  #isKnown(baseline: Baseline, knob: WritableKnob, found: number | string): boolean {
    if (knob === 'pages_to_scan' && readIfThere(this.#port, 'advisor_mode') === 'scan-time') return true;
    return [baseline.knobs[knob], baseline.written[knob], baseline.previous?.[knob]].includes(found);
  }

  #confirm(baseline: Baseline): void {
    try {
      this.#store.save(baseline);
    } catch {
      // The record made before the write stays, and covers the new value too; the next write says what is wrong here.
    }
  }

  /** After a refused write: the file as before, if the knob is. Else the record stays, as for a kill. */
  #takeBack(knob: WritableKnob, found: number | string, saved: Baseline | undefined): void {
    try {
      if (this.#port.read(knob) !== found) return;
      if (saved === undefined) this.#store.remove();
      else this.#store.save(saved);
    } catch {
      // The refused write is the news; a record too many restores nothing that is not ours.
    }
  }
}

/** Switching the advisor off sets pages_to_scan, which is then of our making as well. */
function sideEffect(knob: WritableKnob, value: number | string): KnobValues {
  return knob === 'advisor_mode' && value === 'none' ? { pages_to_scan: PAGES_TO_SCAN_AFTER_ADVISOR } : {};
}

/** The write is done: nothing but the new value is ours now. */
function settled(baseline: Baseline, knob: WritableKnob): Baseline {
  const { previous, ...rest } = baseline;
  const others = Object.fromEntries(Object.entries(previous ?? {}).filter(([name]) => name !== knob)) as KnobValues;
  return Object.keys(others).length === 0 ? rest : { ...rest, previous: others };
}
