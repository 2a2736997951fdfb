/**
 * When the programs that tax every page fault run: in windows, paid from a budget. Pure: told the time, the kernel's
 * counters and what windows cost, it says open, close or wait. Seconds and core-seconds throughout.
 *
 * A token bucket. It fills by `budgetCores` and never above `cap`; a window pays its bpftrace's CPU time, as measured, and
 * TAX_NS for each page fault of the host meanwhile. What a window takes too much is missing before the next one, so that
 * over H seconds all windows together cost at most credit + budgetCores x H + one window's excess.
 */

export interface DutyLimits {
  /**
   * 0.33 % of a core for windows. With the 0.15 % that an idle bpftrace 0.17 uses (docs/overhead.md), the long-run
   * average of both stays below 0.5 %.
   */
  readonly budgetCores: number;
  /**
   * Core-seconds to begin with: one window at once, so that figures come within seconds, and a second one when breaks
   * begin. After 3 / 0.0017 s, half an hour, the average is below 0.5 % for all that.
   */
  readonly credit: number;
  /** Core-seconds that are saved up at most: two windows. A host that was quiet for long gets no more at once. */
  readonly cap: number;
  /** A window as long as it costs what its start cost is the best bargain; within these bounds. */
  readonly lengthMinSec: number;
  readonly lengthMaxSec: number;
  /** A window that the budget can carry for good is renewed now and then, with empty maps. */
  readonly lengthEverSec: number;
  /** Between two windows, so that the credit is not spent on one moment. */
  readonly restSec: number;
}

export const DUTY_LIMITS: DutyLimits = {
  budgetCores: 0.0033,
  credit: 3,
  cap: 4,
  lengthMinSec: 1,
  lengthMaxSec: 60,
  lengthEverSec: 3_600,
  restSec: 10,
};

/**
 * Nanoseconds that an attached page walk adds to a fault. The dearest kind of ordinary faults, a write-protect fault of a
 * process without KSM: 250; faults on CPU 0, which bpftrace's perf events live on, pay 350 more (measured: 120 and 500 for
 * a first store, on CPU 1 and CPU 0). Where faults are spread over CPUs, or of cheaper kinds, this is too much: then
 * windows are shorter than the budget would allow, and never dearer.
 */
export const TAX_NS = 600;
/** The same while breaks are timed too (bpf/service_fault.bt): 550, and two perf events on CPU 0 in place of one. */
export const TIMING_TAX_NS = 1_250;
/** What a break of a KSM page pays beyond that, nanoseconds: 650 to 770 were measured in all, off CPU 0. */
const BREAK_TAX_NS = 500;
/** CPU time of a bpftrace that is attached and waits, cores. */
const IDLE_CORES = 0.0015;
/** CPU time of one start and end, until the first window has told. 0.17 here: 0.9 to 1.1 s. */
const START_CORE_SEC = 1;

/** A window in which nothing breaks for so long is over: a quarter of its length, within these bounds. */
const QUIET_MIN_SEC = 5;
const QUIET_MAX_SEC = 30;
/** So many breaks are expected of a window that is worth its cost. */
const BREAKS_WORTH = 8;
/** With a full bucket: a look so often although few pages break, or none (zero pages are not in `cow_ksm`). */
const LOOK_SEC = { few: 600, none: 3_600 };
/** Rates are means over about this time. */
const RATE_SEC = 5;
/** Breaks must also have gone on for a while: a single one is no rate. */
const STEADY_SEC = 30;
/** Where the kernel does not count page faults, as many are assumed: windows are short then. */
const FAULTS_UNKNOWN_PER_SEC = 1e6;

export interface DutyReading {
  /** Monotonic. */
  readonly sec: number;
  /** `cow_ksm` of /proc/vmstat; absent: not counted by this kernel, so windows open as the budget allows. */
  readonly cowKsm: number | undefined;
  /** `pgfault` of /proc/vmstat. */
  readonly pageFaults: number | undefined;
}

export interface OpenWindow {
  /** Complete frames so far. Between the first and the last of them breaks are counted. */
  readonly frames: number;
  /** CPU time of its bpftrace so far. */
  readonly cpuSec: number;
}

export type DutyDecision = 'open' | 'close' | 'wait';

interface Running {
  readonly begin: DutyReading;
  readonly taxNs: number;
  /** Charged so far. */
  charged: number;
  firstFrameSec: number | undefined;
  /** CPU time at the first frame: what starting took. */
  startCpuSec: number;
  lastBreakSec: number;
}

export class DutyPolicy {
  readonly #limits: DutyLimits;
  #tokens: number;
  #spent = 0;
  #startCoreSec = START_CORE_SEC;
  #began: DutyReading | undefined;
  #last: DutyReading | undefined;
  #faultsPerSec: number | undefined;
  #breaksPerSec: number | undefined;
  #steadyBreaksPerSec: number | undefined;
  #running: Running | undefined;
  #ended: { readonly sec: number; readonly cowKsm: number | undefined } | undefined;
  #notBeforeSec = -Infinity;
  #stopped = false;

  constructor(limits: Partial<DutyLimits> = {}) {
    this.#limits = { ...DUTY_LIMITS, ...limits };
    this.#tokens = this.#limits.credit;
  }

  /** Core-seconds of all windows so far. */
  get spent(): number {
    return this.#spent;
  }

  /** Long-run cost in cores: what windows cost, over the time since the first reading. */
  get costCores(): number {
    const elapsed = (this.#last?.sec ?? 0) - (this.#began?.sec ?? 0);
    return elapsed > 0 ? this.#spent / elapsed : 0;
  }

  /** Seconds until a window may open; 0: only breaks are waited for. undefined: one is open, or none will ever be. */
  get nextInSec(): number | undefined {
    if (this.#running !== undefined || this.#stopped) return undefined;
    const sec = this.#last?.sec ?? 0;
    const forBudget = (this.#price(TAX_NS).total - this.#tokens) / this.#limits.budgetCores;
    return Math.max(0, forBudget, this.#notBeforeSec - sec);
  }

  /**
   * To be told every second, and while a window is open also at each of its frames. `window`: the open one. `taxNs`:
   * what it would add to a page fault, should this open one.
   */
  decide(reading: DutyReading, window?: OpenWindow, taxNs = TAX_NS): DutyDecision {
    this.#note(reading);
    if (this.#running !== undefined) return this.#stays(this.#running, reading, window) ? 'wait' : 'close';
    return !this.#stopped && this.#opens(reading, taxNs) ? 'open' : 'wait';
  }

  /** Its bpftrace is about to be started. */
  begin(reading: DutyReading, taxNs = TAX_NS): void {
    this.#running = {
      begin: reading,
      taxNs,
      charged: 0,
      firstFrameSec: undefined,
      startCpuSec: 0,
      lastBreakSec: reading.sec,
    };
  }

  /** Its bpftrace has ended. `restSec`: no other window before that, because this one failed. */
  end(reading: DutyReading, window: OpenWindow, restSec = this.#limits.restSec): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#note(reading);
    this.#charge(running, reading, window.cpuSec);
    // A start that failed tells nothing about what a whole one takes.
    if (running.firstFrameSec !== undefined) {
      this.#startCoreSec += (running.startCpuSec - this.#startCoreSec) / 2;
    }
    this.#running = undefined;
    this.#ended = reading;
    this.#notBeforeSec = reading.sec + restSec;
  }

  /** No window opens any more, and an open one closes. */
  stop(): void {
    this.#stopped = true;
  }

  #note(reading: DutyReading): void {
    const before = this.#last;
    this.#began ??= reading;
    this.#last = reading;
    const elapsed = before === undefined ? 0 : reading.sec - before.sec;
    if (before === undefined || !(elapsed > 0)) return;
    this.#tokens = Math.min(this.#limits.cap, this.#tokens + this.#limits.budgetCores * elapsed);
    const breaks = grown(before.cowKsm, reading.cowKsm);
    this.#faultsPerSec = drift(this.#faultsPerSec, grown(before.pageFaults, reading.pageFaults), elapsed, RATE_SEC);
    this.#breaksPerSec = drift(this.#breaksPerSec, breaks, elapsed, RATE_SEC);
    this.#steadyBreaksPerSec = drift(this.#steadyBreaksPerSec ?? 0, breaks, elapsed, STEADY_SEC);
    if (this.#running !== undefined && (breaks ?? 0) > 0) this.#running.lastBreakSec = reading.sec;
  }

  /** What a window would cost now, and how long it should be. */
  #price(taxNs: number): { readonly perSec: number; readonly lengthSec: number; readonly total: number } {
    const faults = this.#faultsPerSec ?? FAULTS_UNKNOWN_PER_SEC;
    const perSec = IDLE_CORES + (faults * taxNs + (this.#breaksPerSec ?? 0) * BREAK_TAX_NS) / 1e9;
    const bargain = this.#startCoreSec / perSec;
    const { cap, lengthMaxSec, lengthMinSec } = this.#limits;
    const lengthSec = Math.min(lengthMaxSec, Math.max(lengthMinSec, bargain));
    // A window dearer than the bucket holds still opens when that is full: it closes early, or the next one waits.
    return { perSec, lengthSec, total: Math.min(cap, this.#startCoreSec + perSec * lengthSec) };
  }

  #opens(reading: DutyReading, taxNs: number): boolean {
    const price = this.#price(taxNs);
    const ended = this.#ended;
    if (this.#faultsPerSec === undefined && reading.pageFaults !== undefined) return false;
    // The first one: whether the programs run at all, and what they cost, is not known before.
    if (ended === undefined) return true;
    if (reading.sec < this.#notBeforeSec || this.#tokens < price.total) return false;
    if (reading.cowKsm === undefined) return true;
    const breaksPerSec = Math.min(this.#breaksPerSec ?? 0, this.#steadyBreaksPerSec ?? 0);
    if (breaksPerSec * price.lengthSec >= BREAKS_WORTH) return true;
    const lookSec = reading.cowKsm > (ended.cowKsm ?? 0) ? LOOK_SEC.few : LOOK_SEC.none;
    return this.#tokens >= this.#limits.cap && reading.sec - ended.sec >= lookSec;
  }

  #stays(running: Running, reading: DutyReading, window: OpenWindow | undefined): boolean {
    if (this.#stopped) return false;
    if (window === undefined) return true;
    this.#charge(running, reading, window.cpuSec);
    if (window.frames > 0 && running.firstFrameSec === undefined) {
      running.firstFrameSec = reading.sec;
      running.startCpuSec = window.cpuSec;
    }
    // Less than a pair of frames tells nothing, and the dear part, the start, is paid.
    if (window.frames < 2 || running.firstFrameSec === undefined) return true;
    const openSec = reading.sec - running.firstFrameSec;
    const { lengthSec, perSec } = this.#price(running.taxNs);
    const dear = perSec > this.#limits.budgetCores || reading.cowKsm === undefined;
    if (this.#tokens <= 0 || openSec >= (dear ? lengthSec : this.#limits.lengthEverSec)) return false;
    const quietSec = Math.min(QUIET_MAX_SEC, Math.max(QUIET_MIN_SEC, lengthSec / 4));
    return reading.cowKsm === undefined || reading.sec - running.lastBreakSec < quietSec;
  }

  #charge(running: Running, reading: DutyReading, cpuSec: number): void {
    const elapsed = reading.sec - running.begin.sec;
    const faults = grown(running.begin.pageFaults, reading.pageFaults) ?? FAULTS_UNKNOWN_PER_SEC * elapsed;
    const breaks = grown(running.begin.cowKsm, reading.cowKsm) ?? 0;
    const cost = cpuSec + (faults * running.taxNs + breaks * BREAK_TAX_NS) / 1e9;
    const more = Math.max(0, cost - running.charged);
    running.charged += more;
    this.#tokens -= more;
    this.#spent += more;
  }
}

/** Growth of a counter; undefined without both readings. A counter that went back has not grown. */
function grown(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined ? undefined : Math.max(0, now - before);
}

/** A mean rate that follows the newest one within about `meanSec`. */
function drift(
  rate: number | undefined,
  growth: number | undefined,
  elapsed: number,
  meanSec: number,
): number | undefined {
  if (growth === undefined) return rate;
  const now = growth / elapsed;
  return rate === undefined ? now : rate + (now - rate) * (1 - Math.exp(-elapsed / meanSec));
}
