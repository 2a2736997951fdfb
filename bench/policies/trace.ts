/** What ksmpilot decides in one case, decision by decision. */

import { DEFAULT_TUNER_SETTINGS } from '../../src/tuner/settings.js';
import { ksmpilot } from '../../src/tuner/sim/pilot-policy.js';
import { starter } from '../../src/tuner/sim/policy.js';
import { simulate } from '../../src/tuner/sim/simulate.js';
import type { Case } from './cases.js';

export function trace({ workload }: Case, gibPerCore: number, tell: (line: string) => void): void {
  const beginsMs = 1000 * (workload.prepare?.seconds ?? 0);
  let last = 0;
  const policy = ksmpilot({ ...DEFAULT_TUNER_SETTINGS, gibPerCore }, (decision, o) => {
    if (decision.id === last) return;
    last = decision.id;
    const { run, pages_to_scan, sleep_millisecs, smart_scan } = decision.wanted ?? o.knobs;
    const knobs = `${run} ${pages_to_scan}/${sleep_millisecs} smart ${smart_scan ?? '-'}`;
    const seen = `cpu ${((o.ksmdCpuNs ?? 0) / 1e9).toFixed(2)} s, scans ${o.full_scans}, saved ${Math.round(o.pages_sharing / 256)} MiB`;
    tell(`${((o.monoMs - beginsMs) / 1000).toFixed(0)} s ${decision.phase} [${knobs}] (${seen}) ${decision.reason}`);
    if (decision.outcome !== null) tell(`    ${decision.outcome.text}`);
  });
  simulate(workload, starter(policy));
}
