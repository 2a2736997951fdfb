/** What is wrong with a host, or missing on it, each with its cure. Pure; doctor and agent show the same list. */

import { bytes, digits, percent } from '../tuner/format.js';
import type { HostFacts } from './kernel/host-facts.js';
import type { Rival } from './kernel/rivals.js';
import { ERROR_CODES, type ErrorCode } from './errors.js';
import type { Problem } from './model/host.js';
import type { ProbeState } from './model/probe.js';
import type { KsmSysfs, SourceReport } from './model/raw.js';
import { adviseZeroPages } from './model/zero-pages.js';

export interface HostView {
  readonly facts: Pick<HostFacts, 'ksmPresent' | 'root' | 'pageSize'>;
  readonly ksm: KsmSysfs | undefined;
  /** Auto mode decides whether ksmd scans: nothing is wrong when it does not. */
  readonly autoSteers: boolean;
  readonly rivals: readonly Rival[];
  readonly sources: readonly SourceReport[];
}

/** What concerns KSM itself and its readers. */
export function findProblems(view: HostView): readonly Problem[] {
  return [
    ...ksmProblems(view),
    ...view.rivals.map(rivalProblem),
    ...view.sources.flatMap(sourceProblem),
    ...zeroPagesAdvice(view),
  ];
}

/** What keeps BPF programs from running: one problem per cause, however many programs it stops. */
export function findProbeProblems(probes: readonly ProbeState[]): readonly Problem[] {
  const problems = probes.flatMap(probeProblem);
  return problems.filter(({ what }, index) => problems.findIndex((other) => other.what === what) === index);
}

function ksmProblems({ facts, ksm, autoSteers }: HostView): readonly Problem[] {
  const problems: Problem[] = [];
  if (!facts.ksmPresent) {
    problems.push({
      code: 'KSM_ABSENT',
      what: 'This kernel has no KSM: /sys/kernel/mm/ksm does not exist.',
      cure: 'Boot a kernel with CONFIG_KSM=y (every distribution kernel has it); in a container, mount sysfs.',
    });
  }
  if (!facts.root) {
    problems.push({
      code: 'NOT_ROOT',
      what: 'ksmpilot does not run as root: no BPF programs, no auto mode, and per process only what is world-readable.',
      cure: 'Run it with sudo, or as a system service.',
    });
  }
  if (ksm?.run === 0 && !autoSteers) {
    // mm/ksm.c drops what it knows of an ended process at ksmd's next visit, which never comes while run is 0.
    const frozen = (ksm.pages_sharing ?? 0) > 0 ? ' Its counters stand still and may count processes that ended.' : '';
    problems.push({
      code: 'KSM_STOPPED',
      what: `KSM is stopped (run is 0), so nothing will merge.${frozen}`,
      cure: 'Let ksmpilot start it ("ksmpilot tune auto"), or: echo 1 > /sys/kernel/mm/ksm/run',
    });
  }
  if (ksm?.advisor_mode !== undefined && ksm.advisor_mode !== 'none') {
    problems.push({
      code: 'RIVAL_ALIVE',
      what: `The kernel's own advisor is on (advisor_mode ${ksm.advisor_mode}) and sets pages_to_scan; auto mode yields.`,
      cure: 'To let ksmpilot tune: echo none > /sys/kernel/mm/ksm/advisor_mode',
    });
  }
  return problems;
}

/** Advice, not a fault: what would change, and what it needs. Writing that knob is for the operator. */
function zeroPagesAdvice({ facts, ksm }: HostView): readonly Problem[] {
  const advice = adviseZeroPages(ksm, facts.pageSize);
  if (advice === undefined) return [];
  const { contents, copies, share, gainBytes, gainCpuSec } = advice;
  const who = contents === 1 ? 'One content makes' : `${contents} contents make`;
  return [
    {
      code: 'ZERO_PAGES_ADVISED',
      what:
        `${who} up as much as ${percent(share)} of what is merged (${bytes(copies * facts.pageSize)} of copies), most often zeros. With ` +
        `use_zero_pages zeros save ${bytes(gainBytes)} more, and each full scan ${digits(gainCpuSec * 1000)} ms of CPU; a COW ` +
        'fault takes as long as before, but cow_ksm does not count those of zeros.',
      cure:
        'Where those are zeros: `echo 1 > /sys/kernel/mm/ksm/use_zero_pages`. It acts on pages merged from then on, and 0 is ' +
        'the way back; ksmpilot never writes it (docs/switches.md).',
    },
  ];
}

function rivalProblem({ name, pid }: Rival): Problem {
  return {
    code: 'RIVAL_ALIVE',
    what: `${name} (pid ${pid}) moves the same knobs; auto mode yields to it.`,
    cure: `To let ksmpilot tune, stop it (for a service: systemctl disable --now ${name}).`,
  };
}

function sourceProblem({ name, state, detail }: SourceReport): readonly Problem[] {
  return state === 'failed' ? [toProblem(detail ?? `source ${name} failed`, 'KSM_FILE_UNREADABLE')] : [];
}

function probeProblem({ name, state, detail }: ProbeState): readonly Problem[] {
  if (state !== 'failed' && state !== 'unavailable') return [];
  // Missing root is told once, for all that it costs. A host without virtual machines lacks nothing.
  if (detail.startsWith('NOT_ROOT')) return [];
  if (name === 'kvm' && detail.startsWith('PROBE_UNSUPPORTED')) return [];
  return [toProblem(detail, 'PROBE_UNSUPPORTED')];
}

/** Takes apart what the error catalogue put together: `CODE: what. Hint: cure`. */
function toProblem(text: string, fallback: ErrorCode): Problem {
  const [, code, rest] = /^([A-Z_]+): (.*)$/s.exec(text) ?? [undefined, undefined, text];
  const [what = '', cure = 'See docs/errors.md.'] = rest.split(/\s*Hint: /);
  return { code: code !== undefined && code in ERROR_CODES ? (code as ErrorCode) : fallback, what, cure };
}
