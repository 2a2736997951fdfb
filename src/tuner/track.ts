/**
 * The best full-scan time between bursts. With delay alpha full scans from arrival to merge, arrivals of lambda pages
 * per second that live L seconds, v core-seconds per page-second and C CPU seconds per full scan, a full scan every T
 * seconds brings, in cores,
 *
 *     G(T) = v lambda L exp(-alpha T / L) - C / T
 *
 * For T well below L its optimum is the square-root law T* = sqrt(C / (alpha v lambda)); for short lifetimes G is
 * negative everywhere and not scanning is best. So G is looked up on a grid, zero included, and never climbed.
 */

/**
 * Full scans from arrival to merge: 1.5 for content that a KSM page already has (one visit stores the checksum, the
 * next merges; half a full scan until the first), 1.83 for a new pair (kernel 6.11+).
 */
export const DELAY_FULL_SCANS = 1.75;

/** Grid step in octaves. G is flat at its top: half a step off costs under 1 %. */
const STEP_OCTAVES = 0.25;
const MAX_STEPS = 128;

/**
 * What arrives and dies between two visits is not seen; the seen arrivals are raised by exp(alpha T / L), at most by
 * this factor: beyond it the few that were seen say nothing of the rest.
 */
const MAX_UNSEEN_FACTOR = 3;

export interface TrackInput {
  /** CPU seconds of one full scan. */
  readonly fullScanCpuSec: number;
  /** Core-seconds per page-second. */
  readonly worth: number;
  /** Pages per second, as seen at `countedAtFullScanSec`. */
  readonly arrivals: number;
  readonly lifetimeSec: number;
  readonly countedAtFullScanSec: number | null;
  /** Breaks per second, and how long the broken pages had been merged where probes tell; else null. */
  readonly breakRate: number | null;
  readonly brokenLifetimeSec: number | null;
  /** Seconds. */
  readonly minFullScanSec: number;
  readonly maxFullScanSec: number;
}

export interface Best {
  /** Null: not scanning is best. */
  readonly fullScanSec: number | null;
  /** Cores, at that time; 0 for not scanning. */
  readonly netCores: number;
}

/** Pages that arrive together with how long they stay mergeable. */
interface Stream {
  readonly perSec: number;
  readonly lifetimeSec: number;
}

export function bestFullScan(input: TrackInput): Best {
  const streams = streamsOf(input);
  const ratio = Math.max(1, input.maxFullScanSec / input.minFullScanSec);
  const steps = Math.min(MAX_STEPS, Math.ceil(Math.log2(ratio) / STEP_OCTAVES));
  let best: Best = { fullScanSec: null, netCores: 0 };
  for (let i = 0; i <= steps; i++) {
    const fullScanSec = Math.min(input.maxFullScanSec, input.minFullScanSec * 2 ** (i * STEP_OCTAVES));
    const netCores = gain(fullScanSec, streams, input);
    if (netCores > best.netCores) best = { fullScanSec, netCores };
  }
  return best;
}

/**
 * Breaks that arrive again are of short-lived pages. Where probes tell how long those had been merged, they are judged
 * by their own lifetime and only the rest by the mean one, else one mean stands for both.
 */
function streamsOf(input: TrackInput): readonly Stream[] {
  const { arrivals, breakRate, brokenLifetimeSec } = input;
  if (breakRate === null || brokenLifetimeSec === null || !(brokenLifetimeSec > 0)) {
    return [unseen(arrivals, input.lifetimeSec, input.countedAtFullScanSec)];
  }
  const again = Math.min(arrivals, breakRate);
  const lifetimeSec = Math.min(brokenLifetimeSec, input.lifetimeSec);
  return [
    unseen(again, lifetimeSec, input.countedAtFullScanSec),
    unseen(arrivals - again, input.lifetimeSec, input.countedAtFullScanSec),
  ];
}

function unseen(perSec: number, lifetimeSec: number, countedAt: number | null): Stream {
  const factor = Math.exp((DELAY_FULL_SCANS * (countedAt ?? 0)) / lifetimeSec);
  return { perSec: perSec * Math.min(MAX_UNSEEN_FACTOR, factor), lifetimeSec };
}

function gain(fullScanSec: number, streams: readonly Stream[], input: TrackInput): number {
  let saved = 0;
  for (const { perSec, lifetimeSec } of streams) {
    saved += perSec * lifetimeSec * Math.exp((-DELAY_FULL_SCANS * fullScanSec) / lifetimeSec);
  }
  return input.worth * saved - input.fullScanCpuSec / fullScanSec;
}
