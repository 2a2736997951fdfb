/** Model -> protobuf messages: answers about one guest, and replays. Pure; absent stays absent. */

import type { GuestMap } from '../../../proto/generated/ksmpilot/v1/GuestMap.js';
import type { GuestMergeReport } from '../../../proto/generated/ksmpilot/v1/GuestMergeReport.js';
import type { GuestPolicy } from '../../../proto/generated/ksmpilot/v1/GuestPolicy.js';
import type { GuestWhy } from '../../../proto/generated/ksmpilot/v1/GuestWhy.js';
import type { WhatIfReport } from '../../../proto/generated/ksmpilot/v1/WhatIfReport.js';
import type { MapAnswer, MergeAnswer, WhyAnswer } from '../model/guest-answer.js';
import type { GuestPolicyAnswer } from '../model/guest-policy.js';
import type { WhatIfAnswer } from '../model/what-if.js';
import { toCount } from './encode-number.js';
import { encodeMode } from './encode-tuner.js';

export function encodeWhy(answer: WhyAnswer): GuestWhy {
  return {
    time_ms: answer.timeMs,
    key: answer.key,
    name: answer.name,
    offered_bytes: toCount(answer.offeredBytes),
    merged_bytes: toCount(answer.mergedBytes),
    reasons: answer.reasons.map(({ code, effect, sentence, cure, bytes, bound, evidence }) => ({
      code,
      effect,
      sentence,
      cure,
      bytes: toCount(bytes),
      bound: bytes === undefined ? '' : (bound ?? ''),
      evidence: evidence.map(({ what, value, unit, source }) => ({ what, value: String(value), unit, source })),
    })),
    gaps: [...answer.gaps],
    verdict: answer.verdict,
  };
}

export function encodeMap(answer: MapAnswer): GuestMap {
  return {
    time_ms: answer.timeMs,
    key: answer.key,
    page_size: answer.pageSize,
    processes: answer.processes.map(({ pid, comm, total, pagesPerCell, lines, ended }) => ({
      pid,
      comm,
      total: total.map(({ kind, meaning, sign, pages }) => ({ kind, meaning, sign, pages })),
      pages_per_cell: pagesPerCell,
      lines: lines.map(({ offsetBytes, cells }) => ({ address: toCount(offsetBytes), cells })),
      ended,
    })),
  };
}

export function encodeMerge(answer: MergeAnswer): GuestMergeReport {
  return {
    key: answer.key,
    name: answer.name,
    changed: answer.changed,
    feasible: answer.feasible,
    steps: [...answer.steps],
    advice: [...answer.advice],
    needed_bytes: toCount(answer.neededBytes),
    usable_bytes: toCount(answer.usableBytes),
    mergeable_before_bytes: toCount(answer.mergeableBeforeBytes),
    mergeable_after_bytes: toCount(answer.mergeableAfterBytes),
  };
}

export function encodePolicy({ active, mode, mergingGroup, rows }: GuestPolicyAnswer): GuestPolicy {
  return {
    active,
    mode: encodeMode(mode),
    merging_group: mergingGroup ?? '',
    rows: rows.map(({ key, name, kind, group = '', wish, rule = '', reason, standing, dueMs }) => ({
      ...{ key, name, kind, group, wish, rule, reason, standing },
      due_ms: toCount(dueMs),
    })),
  };
}

export function encodeWhatIf(answer: WhatIfAnswer): WhatIfReport {
  return {
    what: answer.what,
    seconds: answer.seconds,
    gib_per_core: answer.gibPerCore,
    rows: answer.rows.map(({ policy, savedGibSec, ksmdCpuSec, netCoreSec, savedEndBytes }) => ({
      policy,
      saved_gib_sec: savedGibSec,
      ksmd_cpu_sec: ksmdCpuSec,
      net_core_sec: netCoreSec,
      saved_end_bytes: savedEndBytes,
    })),
    unknowns: [...answer.unknowns],
  };
}
