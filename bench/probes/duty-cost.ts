/** What the duty cycle costs over hours: its own policy, played against a host with a steady rate of faults. Pure. */

import { DutyPolicy, TAX_NS, TIMING_TAX_NS } from '../../src/agent/probes/duty-policy.js';

export interface DutyHost {
  readonly faultsPerSec: number;
  readonly breaksPerSec: number;
}

/** As measured here. */
export interface DutyPrices {
  /** bpftrace's CPU time from exec to its first frame, and how long that takes. Seconds. */
  readonly startCpuSec: number;
  readonly startSec: number;
  /** From SIGTERM to its end. */
  readonly stopSec: number;
  /** An attached bpftrace that waits. Cores. */
  readonly idleCores: number;
  /** What the programs of a window add to an ordinary fault, mean of all CPUs, and to a break beyond that. Nanoseconds. */
  readonly faultNs: number;
  readonly breakNs: number;
}

export interface DutyCost extends DutyHost {
  readonly how: 'computed' | 'measured';
  readonly seconds: number;
  readonly windows: number;
  /** Of the time, the part in which programs were attached. */
  readonly attachedShare: number;
  /** Cores, averaged over `seconds`: the windows' bpftrace, the tax on faults, and the bpftrace that runs always. */
  readonly windowCores: number;
  readonly taxCores: number;
  readonly steadyCores: number;
}

/** As in src/agent/probes/duty-cycle.ts: every fourth window, from the second on, also times breaks, and taxes faults more. */
const TIMED_ONE_IN = 4;
/** That tax is not measured here: the policy's own figure. Nanoseconds a fault. */
const TIMING_MORE_NS = TIMING_TAX_NS - TAX_NS;

interface OpenNow {
  readonly since: number;
  readonly isTimed: boolean;
  frames: number;
  cpuSec: number;
}

/** @param seconds a long time; the credit of the beginning is in it */
export function playDuty(host: DutyHost, prices: DutyPrices, seconds: number): DutyCost {
  const policy = new DutyPolicy();
  const spent = { attachedSec: 0, timedSec: 0, cpuSec: 0 };
  let open: OpenNow | undefined;
  let windows = 0;
  const account = (window: OpenNow, endSec: number): void => {
    const attachedSec = Math.max(0, endSec - window.since - prices.startSec + FRAME_SEC);
    spent.attachedSec += attachedSec;
    if (window.isTimed) spent.timedSec += attachedSec;
    spent.cpuSec += window.cpuSec;
  };
  for (let sec = 0; sec < seconds; sec += 1) {
    const reading = {
      sec,
      cowKsm: Math.floor(sec * host.breaksPerSec),
      pageFaults: Math.floor(sec * host.faultsPerSec),
    };
    const isTimed = windows % TIMED_ONE_IN === 1;
    const taxNs = isTimed ? TIMING_TAX_NS : TAX_NS;
    if (open !== undefined) advance(open, sec, prices);
    const decision = policy.decide(reading, open, taxNs);
    if (decision === 'open') {
      policy.begin(reading, taxNs);
      open = { since: sec, isTimed, frames: 0, cpuSec: 0 };
      windows += 1;
    } else if (decision === 'close' && open !== undefined) {
      const ended = sec + prices.stopSec;
      policy.end({ ...reading, sec: ended }, open);
      account(open, ended);
      open = undefined;
    }
  }
  if (open !== undefined) account(open, seconds);
  const { attachedSec, timedSec, cpuSec } = spent;
  const { faultsPerSec, breaksPerSec } = host;
  const taxNs =
    attachedSec * (faultsPerSec * prices.faultNs + breaksPerSec * prices.breakNs) +
    timedSec * faultsPerSec * TIMING_MORE_NS;
  return {
    how: 'computed',
    ...host,
    seconds,
    windows,
    attachedShare: attachedSec / seconds,
    windowCores: cpuSec / seconds,
    taxCores: taxNs / 1e9 / seconds,
    steadyCores: prices.idleCores,
  };
}

/** Programs are attached for one interval before the first frame, which ends the start. */
const FRAME_SEC = 1;

/** A window's bpftrace after one more second. */
function advance(window: OpenNow, sec: number, p: DutyPrices): void {
  const age = sec - window.since;
  const starting = Math.min(age, p.startSec) / p.startSec;
  window.cpuSec = starting * p.startCpuSec + Math.max(0, age - p.startSec) * p.idleCores;
  // The first frame comes with the start, the others each second.
  window.frames = age < p.startSec ? 0 : 1 + Math.floor(age - p.startSec);
}

/** Of all CPU that the probes take. */
export function totalCores({ windowCores, taxCores, steadyCores }: DutyCost): number {
  return windowCores + taxCores + steadyCores;
}
