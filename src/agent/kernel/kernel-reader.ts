import { formatError, type KsmpilotError } from '../errors.js';
import type { Sample, SourceReport } from '../model/raw.js';
import { readKsmSysfs } from './ksm-sysfs.js';
import { KsmdReader } from './ksmd.js';
import { readMeminfo } from './meminfo.js';
import { ProcessScanner } from './process-scanner.js';
import { readPsi } from './psi.js';
import { readVmstat } from './vmstat.js';

/** All that one sample holds but its number and its times. */
export type KernelSample = Omit<Sample, 'seq' | 'timeMs' | 'monoMs'>;

/** What one source said: a value, or why there is none; a value with a failure is a value in part. */
interface Answer<T> {
  readonly value: T | undefined;
  /** Why the host has no such thing; said when there is no value, or with `incomplete`. */
  readonly lacks?: string;
  /** The value lacks what matters most in it. */
  readonly incomplete?: boolean;
  readonly failures?: readonly KsmpilotError[];
}

/** Reads everything that a sample needs; a source that fails costs its own fields and no other's. */
export class KernelReader {
  readonly #root: string;
  readonly #now: () => number;
  readonly #ksmd: KsmdReader;
  readonly #processes: ProcessScanner;

  /** @param options.now monotonic clock in milliseconds, for the durations in the reports */
  constructor(options: { root?: string; now?: () => number } = {}) {
    this.#root = options.root ?? '/';
    this.#now = options.now ?? (() => performance.now());
    this.#ksmd = new KsmdReader({ root: this.#root });
    this.#processes = new ProcessScanner({ root: this.#root, now: this.#now });
  }

  /**
   * Never throws. KSM's counters and ksmd's CPU time come first and side by side, since the cost of a page is their
   * quotient; the processes, which take longest, last.
   *
   * @param options.monoMs monotonic clock, milliseconds: the sample's
   * @param options.extraPids processes to read whatever their KSM files say
   */
  readSample(options: { monoMs: number; extraPids?: ReadonlySet<number> }): KernelSample {
    const root = this.#root;
    const sources: SourceReport[] = [];
    const source = <T>(name: string, read: () => Answer<T>): T | undefined => this.#source(sources, name, read);

    const ksm = source('ksm', () => {
      const reading = readKsmSysfs(root);
      return { value: reading?.values, failures: reading?.failures ?? [], lacks: 'this kernel has no KSM' };
    });
    const ksmd = source('ksmd', () => ({
      value: this.#ksmd.read(options.monoMs),
      lacks: 'no ksmd with scheduler statistics (no KSM, a container, or CONFIG_SCHED_INFO off)',
    }));
    const vmstat = source('vmstat', () => {
      const value = readVmstat(root);
      const lacks = 'no cow_ksm in /proc/vmstat (5.19): COW breaks are not known';
      return { value, incomplete: value?.cow_ksm === undefined, lacks };
    });
    const meminfo = source('meminfo', () => ({ value: readMeminfo(root), lacks: 'no /proc/meminfo' }));
    const noPsi = 'no /proc/pressure: CONFIG_PSI is off, or psi=1 is missing on the kernel command line';
    const psiCpu = source('psi_cpu', () => ({ value: readPsi('cpu', root), lacks: noPsi }));
    const psiMemory = source('psi_memory', () => ({ value: readPsi('memory', root), lacks: noPsi }));
    const scan = this.#processes.scan(options.monoMs, options.extraPids);
    sources.push(scan.report);

    return {
      ...(ksm === undefined ? {} : { ksm }),
      ...(vmstat === undefined ? {} : { vmstat }),
      ...(meminfo === undefined ? {} : { meminfo }),
      ...(psiCpu === undefined ? {} : { psiCpu }),
      ...(psiMemory === undefined ? {} : { psiMemory }),
      ...(ksmd === undefined ? {} : { ksmd }),
      seesOffers: scan.seesOffers,
      processes: scan.processes,
      sources,
    };
  }

  #source<T>(sources: SourceReport[], name: string, read: () => Answer<T>): T | undefined {
    const started = this.#now();
    let answer: Answer<T>;
    let failure: unknown;
    try {
      answer = read();
      failure = answer.failures?.[0];
    } catch (error) {
      answer = { value: undefined };
      failure = error;
    }
    const durationMs = this.#now() - started;
    if (failure !== undefined) {
      const others = (answer.failures?.length ?? 1) - 1;
      const detail = `${formatError(failure)}${others > 0 ? ` (and ${others} more)` : ''}`;
      sources.push({ name, state: 'failed', detail, durationMs });
    } else if (answer.value === undefined || answer.incomplete === true) {
      sources.push({ name, state: 'unavailable', ...(answer.lacks && { detail: answer.lacks }), durationMs });
    } else {
      sources.push({ name, state: 'ok', durationMs });
    }
    return answer.value;
  }
}
