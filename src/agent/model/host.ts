/** What the agent knows of the host it runs on. Found at start; `probes`, `rivals` and `problems` are kept up to date. */

import type { ErrorCode } from '../errors.js';
import type { ProbeState } from './probe.js';

/** Something that this host lacks or that is wrong with it, with its cure. */
export interface Problem {
  readonly code: ErrorCode;
  readonly what: string;
  readonly cure: string;
}

export interface HostInfo {
  readonly hostname: string;
  readonly kernelRelease: string;
  readonly machine: string;
  readonly pageSize: number;
  readonly cpus: number;
  readonly memTotalBytes?: number;
  readonly bootId?: string;
  readonly ksmpilotVersion: string;
  readonly bpftraceVersion?: string;
  readonly ksmPresent: boolean;
  /** Names of the files in /sys/kernel/mm/ksm. */
  readonly ksmFeatures: readonly string[];
  readonly probes: readonly ProbeState[];
  readonly rivals: readonly string[];
  readonly problems: readonly Problem[];
  readonly root: boolean;
  readonly agentStartedMs: number;
  /** CPU of the agent since its start, all its threads, without its bpftrace, seconds. */
  readonly agentCpuSec?: number;
}
