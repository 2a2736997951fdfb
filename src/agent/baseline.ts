import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

import type { KnobPort } from '../tuner/types.js';
import { removeFile, writeFileAtomic } from './atomic-file.js';
import { errnoOf, formatError, KsmpilotError } from './errors.js';
import { readIfThere, WRITABLE_KNOBS, type WritableKnob } from './kernel/ksm-knobs.js';
import type { Baseline, KnobValues, RestoreReport } from './model/knobs.js';
import { planRestore } from './restore-plan.js';

const count = z.number().int().nonnegative().optional();
const knobValues = z.strictObject({
  run: count,
  pages_to_scan: count,
  sleep_millisecs: count,
  smart_scan: count,
  use_zero_pages: count,
  merge_across_nodes: count,
  max_page_sharing: count,
  advisor_mode: z
    .string()
    .regex(/^[a-z-]+$/)
    .optional(),
});
/** Strict: a key that this release does not know may be a knob that it would forget to restore. */
const baselineFile = z.strictObject({
  bootId: z.string().min(1),
  savedAtMs: z.number(),
  knobs: knobValues,
  written: knobValues,
  previous: knobValues.optional(),
});

/**
 * The baseline on disk, STATEDIR/baseline.json. There is no copy in memory: what is on disk is what counts after
 * kill -9, and it is read at each write of a knob, a few times a minute.
 */
export class BaselineStore {
  readonly path: string;
  /** Of the running kernel: a baseline with another one is of an earlier boot. */
  readonly bootId: string;

  constructor(options: { stateDir: string; bootId: string }) {
    this.path = join(options.stateDir, 'baseline.json');
    this.bootId = options.bootId;
  }

  /**
   * The saved baseline, of whichever boot; undefined where none is saved.
   *
   * @throws KsmpilotError BASELINE_UNREADABLE
   */
  load(): Baseline | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw new KsmpilotError(
        'BASELINE_UNREADABLE',
        `reading the saved baseline ${this.path} failed with ${errnoOf(error) ?? String(error)}`,
        {
          hint: 'Clear that cause, then run `ksmpilot restore`. Keep the file: it holds the values to go back to.',
          cause: error,
        },
      );
    }
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw this.#unreadable('it is not JSON', error);
    }
    const parsed = baselineFile.safeParse(json);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw this.#unreadable(
      `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not a baseline'}`,
      parsed.error,
    );
  }

  /** @throws KsmpilotError BASELINE_NOT_SAVED; the saved one is then as before */
  save(baseline: Baseline): void {
    this.#change('saving', () => writeFileAtomic(this.path, `${JSON.stringify(baseline, null, 2)}\n`));
  }

  /** @throws KsmpilotError BASELINE_NOT_SAVED */
  remove(): void {
    this.#change('removing', () => removeFile(this.path));
  }

  #change(verb: string, change: () => void): void {
    try {
      change();
    } catch (error) {
      throw new KsmpilotError(
        'BASELINE_NOT_SAVED',
        `${verb} ${this.path} failed with ${errnoOf(error) ?? String(error)}`,
        {
          hint: 'Make room in that folder, or give another with --state-dir.',
          cause: error,
        },
      );
    }
  }

  #unreadable(why: string, cause: unknown): KsmpilotError {
    return new KsmpilotError('BASELINE_UNREADABLE', `the saved baseline ${this.path} cannot be used: ${why}`, {
      hint:
        'Look at it, set the knobs in /sys/kernel/mm/ksm by hand (kernel defaults: run 0, pages_to_scan 100, ' +
        'sleep_millisecs 20), then remove the file. Until then ksmpilot writes no knob.',
      cause,
    });
  }
}

/**
 * Puts back every knob that still holds what ksmpilot wrote, and says of the others why not. Goes on when one knob
 * fails, and then keeps the baseline so that a later try can go on; else removes it. Nothing to do when none is saved.
 * Done twice, or killed in the middle and done again, it ends the same.
 *
 * Only for whoever holds the agent's lock (lock.ts): an agent that runs would take the writes for somebody else's.
 *
 * @param port writes without recording (KsmWriter): these writes are the way back
 * @throws KsmpilotError BASELINE_UNREADABLE, before anything is written
 */
export function restoreBaseline(store: BaselineStore, port: KnobPort): RestoreReport {
  const baseline = store.load();
  if (baseline === undefined) return { restored: [], left: [], failed: [] };

  const restored: { knob: string; from: string; to: string }[] = [];
  const failures: string[] = [];
  const failed: string[] = [];
  const attempt = <T>(knob: string, act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      failures.push(`${knob}: ${formatError(error)}`);
      failed.push(knob);
      return undefined;
    }
  };

  const current: Partial<Record<WritableKnob, number | string>> = {};
  for (const knob of knobsToRead(baseline, store.bootId)) {
    // What was written was there: where it is gone, sysfs is hidden, and the baseline is still needed.
    const value = attempt(knob, () =>
      baseline.written[knob] === undefined ? readIfThere(port, knob) : port.read(knob),
    );
    if (value !== undefined) current[knob] = value;
  }
  const plan = planRestore(baseline, current as KnobValues, store.bootId);
  for (const { knob, from, to } of plan.writes) {
    attempt(knob, () => {
      port.write(knob, to);
      restored.push({ knob, from: String(from), to: String(to) });
    });
  }
  if (failed.length === 0) attempt('baseline', () => store.remove());
  return { restored, left: [...plan.left, ...failures], failed };
}

/** None for a baseline of another boot: nothing will be written then, so nothing that is read can be in the way. */
function knobsToRead({ bootId, knobs, written }: Baseline, thisBoot: string): readonly WritableKnob[] {
  if (bootId !== thisBoot) return [];
  return WRITABLE_KNOBS.filter((knob) => knobs[knob] !== undefined || written[knob] !== undefined);
}
