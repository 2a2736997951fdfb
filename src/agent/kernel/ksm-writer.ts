import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { KnobPort } from '../../tuner/types.js';
import { errnoOf, KsmpilotError } from '../errors.js';
import { malformed } from './file.js';
import { checkKnobValue, isWritableKnob, unknownKnob, type WritableKnob } from './ksm-knobs.js';
import { KSM_DIR, readKsmFile } from './ksm-sysfs.js';

/** Writes text to a file that exists. A test puts one here that fails as a kernel does. */
export type WriteFile = (path: string, text: string) => void;

/**
 * The only code that writes below /sys: KSM's knobs, one at a time, each read first and read back.
 *
 * A write to `run` waits for ksmd's present batch, pages_to_scan pages of work; the other knobs answer at once.
 */
export class KsmWriter implements KnobPort {
  readonly #root: string;
  readonly #writeFile: WriteFile;

  constructor(options: { root?: string; writeFile?: WriteFile } = {}) {
    this.#root = options.root ?? '/';
    this.#writeFile = options.writeFile ?? writeExisting;
  }

  /** @throws KsmpilotError KSM_KNOB_ABSENT, KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED */
  read(knob: string): number | string {
    if (!isWritableKnob(knob)) throw unknownKnob(knob);
    const value = readKsmFile(knob, this.#root);
    if (value === undefined) {
      throw new KsmpilotError('KSM_KNOB_ABSENT', `this kernel has no ${this.#path(knob)}`, {
        hint: 'A newer kernel has it, or the kernel was built without it; "ksmpilot doctor" lists what is there.',
      });
    }
    return value;
  }

  /**
   * Writes unless the knob holds that value already.
   *
   * @throws KsmpilotError those of `read` and of `checkKnobValue`, before anything is written; KSM_KNOB_REFUSED with
   *   the errno and its likely cause; KSM_KNOB_NOT_KEPT when another value is read back
   */
  write(knob: string, value: number | string): void {
    const name = checkKnobValue(knob, value);
    if (this.read(name) === value) return;
    try {
      this.#writeFile(this.#path(name), String(value));
    } catch (error) {
      throw this.#refused(name, value, error);
    }
    const kept = this.read(name);
    if (kept !== value) {
      throw new KsmpilotError('KSM_KNOB_NOT_KEPT', `${value} was written to ${name}, and ${kept} is read back`, {
        hint: 'Something else writes this knob at the same time: see "ksmpilot doctor" for rivals.',
      });
    }
  }

  /**
   * Writes 2 to `run`: the kernel copies every merged page back and only then returns, which takes seconds to minutes.
   * Meanwhile the process that writes is the first to be killed when memory runs out (set_current_oom_origin in
   * run_store, mm/ksm.c), so it must be one made for this: src/agent/unmerge/writer.ts. `run` stays 2 afterwards.
   *
   * @throws KsmpilotError those of `read`; KSM_KNOB_REFUSED, and then the kernel has set `run` to 0
   */
  unmergeAll(): void {
    if (this.read('run') === 2) return;
    try {
      this.#writeFile(this.#path('run'), '2');
    } catch (error) {
      throw this.#refused('run', 2, error);
    }
  }

  #path(knob: WritableKnob): string {
    return join(this.#root, KSM_DIR, knob);
  }

  #refused(knob: WritableKnob, value: number | string, cause: unknown): KsmpilotError {
    const errno = errnoOf(cause) ?? String(cause);
    const { fact, hint } = this.#explain(knob, errno);
    const message = `writing ${value} to ${knob} failed with ${errno}${fact === undefined ? '' : `; ${fact}`}`;
    return new KsmpilotError('KSM_KNOB_REFUSED', message, { hint, cause });
  }

  /** Why the kernel said no: what mm/ksm.c and sysfs answer, checked against the host where that is possible. */
  #explain(knob: WritableKnob, errno: string): { fact?: string; hint: string } {
    switch (errno) {
      case 'EINVAL':
        if (knob === 'pages_to_scan' && this.#see('advisor_mode') === 'scan-time') {
          return {
            fact: 'advisor_mode is scan-time, and the advisor owns pages_to_scan',
            hint: 'Switch the advisor off first: echo none > /sys/kernel/mm/ksm/advisor_mode (resets it to 100).',
          };
        }
        return { hint: 'The kernel takes no such value for this knob: see Documentation/admin-guide/mm/ksm.rst.' };
      case 'EBUSY': {
        const shared = this.#see('pages_shared');
        return {
          ...(shared === undefined ? {} : { fact: `pages_shared is ${shared}` }),
          hint: `The kernel changes ${knob} only while no KSM page is in use: unmerge first (it needs the memory).`,
        };
      }
      case 'EACCES':
      case 'EPERM':
        return process.geteuid?.() === 0
          ? {
              fact: 'though this is root',
              hint: 'A security module or a container forbids it; run on the host itself.',
            }
          : { fact: 'this is not root', hint: 'Run as root.' };
      case 'EROFS':
        return { fact: '/sys is mounted read-only', hint: 'Run on the host, or in a privileged container.' };
      case 'ENOENT':
        return { fact: 'the file has gone', hint: 'Is another sysfs mounted over /sys?' };
      default:
        return { hint: 'The kernel log may say more: dmesg | tail.' };
    }
  }

  /** A fact for a message; a message must not fail for want of it. */
  #see(file: 'advisor_mode' | 'pages_shared'): number | string | undefined {
    try {
      return readKsmFile(file, this.#root);
    } catch (error) {
      if (error instanceof KsmpilotError) return undefined;
      throw error;
    }
  }
}

/** In one write, as a knob wants it, and truncating, as the shell does; never creates a file. */
function writeExisting(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_TRUNC);
  try {
    const bytes = writeSync(fd, text);
    if (bytes !== text.length) throw malformed(path, text, `a write of ${text.length} bytes, not of ${bytes}`);
  } finally {
    closeSync(fd);
  }
}
