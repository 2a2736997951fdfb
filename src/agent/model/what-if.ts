/** What other policies would have done with this host's last while. Plain data: it crosses threads and gRPC. */

export interface WhatIfAnswer {
  /** What was replayed, one sentence. */
  readonly what: string;
  /** Seconds of it. */
  readonly seconds: number;
  readonly gibPerCore: number;
  /** The recorded knobs first, then the policies asked for. */
  readonly rows: readonly WhatIfRow[];
  /** How far the replay of the recorded knobs is off, and what is not known, a sentence each. */
  readonly unknowns: readonly string[];
}

export interface WhatIfRow {
  readonly policy: string;
  readonly savedGibSec: number;
  readonly ksmdCpuSec: number;
  /** Worth of the saving less CPU, at the price; can be negative. */
  readonly netCoreSec: number;
  readonly savedEndBytes: number;
}
