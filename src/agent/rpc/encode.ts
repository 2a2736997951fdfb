/** Model -> protobuf messages: samples, processes, knobs and the host. Pure; absent stays absent. */

import type { Host } from '../../../proto/generated/ksmpilot/v1/Host.js';
import type { Knobs } from '../../../proto/generated/ksmpilot/v1/Knobs.js';
import type { Probe } from '../../../proto/generated/ksmpilot/v1/Probe.js';
import type { Process } from '../../../proto/generated/ksmpilot/v1/Process.js';
import type { ProcessList } from '../../../proto/generated/ksmpilot/v1/ProcessList.js';
import type { SampleFrame } from '../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { Point, ProcessRow } from '../model/derived.js';
import type { HostInfo } from '../model/host.js';
import type { KnobValues } from '../model/knobs.js';
import type { ProbeState } from '../model/probe.js';
import { encodeCow, encodeLifetimes, lifetimeBoundMs } from './encode-cow.js';
import { toCount, toFigure, toSigned } from './encode-number.js';

export interface SampleOptions {
  /** Frames that this reader has lost so far. */
  readonly dropped?: number;
  /** Also the process table. */
  readonly withProcesses?: boolean;
}

export function encodeSample(point: Point, { dropped = 0, withProcesses = false }: SampleOptions = {}): SampleFrame {
  const { derived, probes, sample } = point;
  const lifetimes = probes.cow?.mergeLifetime ?? [];
  return {
    dropped,
    seq: derived.seq,
    time_ms: derived.timeMs,
    saved_bytes: toCount(derived.savedBytes),
    profit_bytes: toSigned(derived.profitBytes),
    shared_bytes: toCount(derived.memory?.sharedBytes),
    sharing_bytes: toCount(derived.memory?.sharingBytes),
    unshared_bytes: toCount(derived.memory?.unsharedBytes),
    volatile_bytes: toCount(derived.memory?.volatileBytes),
    zero_bytes: toCount(derived.memory?.zeroBytes),
    ksmd_cpu_pct: toFigure(derived.ksmdCpuPct),
    scan_pages_per_sec: toFigure(derived.scanPagesPerSec),
    skipped_pages_per_sec: toFigure(derived.skippedPagesPerSec),
    merges_per_sec: toFigure(derived.mergesPerSec),
    cow_breaks_per_sec: toFigure(derived.cowBreaksPerSec),
    merges_total: toCount(derived.mergesTotal),
    cow_breaks_total: toCount(derived.cowBreaksTotal),
    cow_breaks_attributed_total: toCount(derived.cowBreaksAttributedTotal),
    cow_breaks_unattributed_total: toCount(derived.cowBreaksUnattributedTotal),
    cow_breaks_estimated_total: toCount(derived.cowBreaksEstimatedTotal),
    zero_breaks_total: toCount(derived.zeroBreaksTotal),
    full_scans_total: toCount(derived.fullScansTotal),
    net_cores: toFigure(derived.netCores),
    mem_available_bytes: toCount(derived.memAvailableBytes),
    cpu_pressure_pct: toFigure(derived.cpuPressurePct),
    memory_pressure_pct: toFigure(derived.memoryPressurePct),
    unmerge_needed_bytes: toCount(derived.unmergeNeededBytes),
    unmerge_usable_bytes: toCount(derived.unmergeUsableBytes),
    lost_events_total: probes.lostEvents,
    knobs: sample.ksm === undefined ? undefined : encodeKnobs(sample.ksm),
    merge_lifetime: encodeLifetimes(lifetimes),
    merge_lifetime_p50_ms: lifetimeBoundMs(lifetimes),
    lifetime_sampled_one_in: toCount(probes.cow?.lifetimeSampledOneIn),
    cow: probes.cow === undefined ? null : encodeCow(probes.cow),
    ksmd_cpu_sec_total: sample.ksmd === undefined ? undefined : sample.ksmd.cpuNs / 1e9,
    pages_scanned_total: toCount(sample.ksm?.pages_scanned),
    pages_skipped_total: toCount(sample.ksm?.pages_skipped),
    processes: withProcesses ? derived.processes.map(encodeProcess) : [],
  };
}

/** Takes the knobs out of anything that holds them, a whole `KsmSysfs` included. */
export function encodeKnobs(values: KnobValues): Knobs {
  return {
    run: toCount(values.run),
    pages_to_scan: toCount(values.pages_to_scan),
    sleep_millisecs: toCount(values.sleep_millisecs),
    smart_scan: toCount(values.smart_scan),
    use_zero_pages: toCount(values.use_zero_pages),
    merge_across_nodes: toCount(values.merge_across_nodes),
    max_page_sharing: toCount(values.max_page_sharing),
    advisor_mode: values.advisor_mode,
  };
}

export function encodeProcess(row: ProcessRow): Process {
  return {
    pid: row.pid,
    comm: row.comm,
    saved_bytes: toCount(row.savedBytes),
    merging_pages: toCount(row.mergingPages),
    zero_pages: toCount(row.zeroPages),
    rmap_items: toCount(row.rmapItems),
    profit_bytes: toSigned(row.profitBytes),
    anon_bytes: toCount(row.anonBytes),
    merges_total: toCount(row.mergesTotal),
    cow_breaks_total: toCount(row.cowBreaksTotal),
    cow_breaks_seen: toCount(row.cowBreaksSeen),
    zero_breaks_total: toCount(row.zeroBreaksTotal),
    ended: row.ended,
  };
}

export function encodeProcessList(point: Point | undefined): ProcessList {
  if (point === undefined) return { time_ms: 0, processes: [] };
  return { time_ms: point.derived.timeMs, processes: point.derived.processes.map(encodeProcess) };
}

export function encodeProbe(probe: ProbeState): Probe {
  return {
    name: probe.name,
    state: probe.state,
    detail: probe.detail,
    startup_ms: toCount(probe.startupMs),
    restarts: probe.restarts,
  };
}

export function encodeHost(host: HostInfo): Host {
  return {
    hostname: host.hostname,
    kernel_release: host.kernelRelease,
    machine: host.machine,
    page_size: host.pageSize,
    cpus: host.cpus,
    mem_total_bytes: toCount(host.memTotalBytes),
    ksmpilot_version: host.ksmpilotVersion,
    bpftrace_version: host.bpftraceVersion,
    ksm_present: host.ksmPresent,
    ksm_features: [...host.ksmFeatures],
    probes: host.probes.map(encodeProbe),
    rivals: [...host.rivals],
    problems: host.problems.map(({ code, what, cure }) => ({ code, what, cure })),
    root: host.root,
    agent_started_ms: host.agentStartedMs,
    agent_cpu_sec: toFigure(host.agentCpuSec),
  };
}
