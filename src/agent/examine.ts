import { BaselineStore } from './baseline.js';
import { findSqliteProblems } from './history-store/sqlite.js';
import { findProblems } from './host.js';
import { type HostFacts, readHostFacts } from './kernel/host-facts.js';
import { KernelReader } from './kernel/kernel-reader.js';
import { findRivals } from './kernel/rivals.js';
import { findAgent } from './lock.js';
import type { Problem } from './model/host.js';
import type { ProbeState } from './model/probe.js';
import { probeCapabilities, type SubjectCapability } from './probes/capabilities.js';
import { defaultStateDir, knobDir } from './state-dir.js';

/** What `doctor` finds. */
export interface Findings {
  /** Can KSM be used here at all? */
  readonly ok: boolean;
  readonly facts: HostFacts;
  readonly bpftraceVersion: string | undefined;
  readonly probes: readonly ProbeState[];
  /** All tiers of each subject, best first. */
  readonly subjects: readonly SubjectCapability[];
  /** `name (pid N)` */
  readonly rivals: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Looks at the host without an agent and without changing anything. Throws where there is no procfs. `isTried`: runs the
 * BPF programs for a few seconds to learn which tiers work.
 */
export async function examineHost(options: {
  readonly bpftracePath: string;
  readonly isTried?: boolean;
}): Promise<Findings> {
  const facts = readHostFacts();
  const { ksm, sources } = new KernelReader().readSample({ monoMs: performance.now() });
  const rivals = findRivals();
  const { bpftraceVersion, probes, subjects, problems: probeProblems } = await probeCapabilities(options);
  return {
    ok: ksm?.pages_sharing !== undefined && ksm.run !== undefined,
    facts,
    bpftraceVersion,
    probes,
    subjects,
    rivals: rivals.map(({ name, pid }) => `${name} (pid ${pid})`),
    problems: [
      ...findProblems({ facts, ksm, autoSteers: agentStoppedKsm(facts.bootId), rivals, sources }),
      ...(await findSqliteProblems()),
      ...probeProblems.filter(({ code }) => code !== 'NOT_ROOT'),
    ],
  };
}

/**
 * Did an agent that lives set `run` to 0? Its baseline says so to whoever may read it; to others `run` is 0, and no more
 * can be said.
 */
function agentStoppedKsm(bootId: string | undefined): boolean {
  const stateDir = knobDir(defaultStateDir());
  try {
    if (bootId === undefined || findAgent(stateDir) === undefined) return false;
    const baseline = new BaselineStore({ stateDir, bootId }).load();
    return baseline?.bootId === bootId && baseline.written.run === 0;
  } catch {
    return false;
  }
}
