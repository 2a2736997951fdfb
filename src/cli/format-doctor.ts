/** `ksmpilot doctor` as JSON and as text. Pure. */

import type { Findings } from '../agent/examine.js';
import type { SubjectCapability, TierCapability } from '../agent/probes/capabilities.js';
import { printable } from './format.js';
import type { Paint } from './format-colour.js';
import { formatTable } from './format-table.js';

export function doctorJson(findings: Findings): Record<string, unknown> {
  const { facts, probes, subjects, problems, rivals } = findings;
  return {
    ok: findings.ok,
    kernel: facts.kernelRelease,
    machine: facts.machine,
    root: facts.root,
    lockdown: facts.lockdown ?? null,
    bpftrace: findings.bpftraceVersion ?? null,
    ksm: { present: facts.ksmPresent, features: facts.ksmFeatures },
    probes: probes.map(({ name, state, detail }) => ({
      name,
      state,
      detail,
      tiers: (subjects.find((subject) => subject.name === name)?.tiers ?? []).map((tier) => ({
        tier: tier.tier,
        program: tier.file,
        state: tier.state,
        taxes_page_faults: tier.taxing,
        why: tier.why ?? null,
      })),
    })),
    rivals,
    problems,
  };
}

export function doctorText(findings: Findings, paint: Paint): string {
  const { facts, probes, subjects, problems } = findings;
  const verdict = findings.ok ? paint.green('KSM can be used here.') : paint.red('KSM cannot be used here.');
  const lines = [
    `${paint.bold(printable(facts.hostname))}  Linux ${printable(facts.kernelRelease)} ${printable(facts.machine)}, ${facts.cpus} CPUs`,
    verdict,
    '',
    ...formatTable(
      [{ head: 'WHAT' }, { head: 'HERE' }],
      [
        ['KSM', facts.ksmPresent ? `${facts.ksmFeatures.length} files in /sys/kernel/mm/ksm` : 'absent'],
        ['bpftrace', findings.bpftraceVersion ?? 'not found'],
        ['root', facts.root ? 'yes' : 'no'],
        ['lockdown', facts.lockdown ?? 'not told'],
        ['rivals', findings.rivals.length === 0 ? 'none seen' : printable(findings.rivals.join(', '))],
        // `off` is a probe that would run: doctor starts none.
        ...probes.map(({ name, state, detail }) => [
          `probe ${name}`,
          state === 'off' ? `can run (${printable(detail)})` : state,
        ]),
      ],
    ),
    '',
    ...tierLines(subjects),
    '',
  ];
  if (problems.length === 0) lines.push('No problems found.');
  for (const { code, what, cure } of problems) {
    lines.push(paint.yellow(`${code}: ${printable(what)}`), `  ${printable(cure)}`);
  }
  return `${lines.join('\n')}\n`;
}

function tierLines(subjects: readonly SubjectCapability[]): readonly string[] {
  const tiers = subjects.flatMap((subject) => subject.tiers);
  const [first] = tiers;
  // One obstacle for all is told with its cure among the problems.
  if (first?.why !== undefined && tiers.every(({ why }) => why === first.why))
    return ['No BPF program can run, see below.'];
  const isTried = tiers.some(({ state }) => state === 'works' || state === 'refused');
  return [
    ...formatTable([{ head: 'TIER' }, { head: 'PROGRAM' }, { head: 'HERE' }], subjects.flatMap(tierRows)),
    isTried
      ? 'So it is now; "ksmpilot status" tells which ones serve a running agent.'
      : 'Which one serves is known when it has been tried: "ksmpilot doctor --try" does, and "ksmpilot status" tells it of a running agent.',
  ];
}

function tierRows({ name, tiers }: SubjectCapability): string[][] {
  return tiers.map((tier) => [`${name} ${tier.tier}`, `bpf/${tier.file}`, hereText(tier)]);
}

const ORDER = {
  first: 'tried first',
  works: 'works',
  spare: 'tried where bpftrace refuses the ones before',
} as const;

function hereText({ state, taxing, why }: TierCapability): string {
  const reason = printable((why ?? 'not told why').replace(/^[A-Z_]+: /, ''));
  if (state === 'excluded') return `no: ${reason}`;
  if (state === 'refused') return `refused: ${reason}`;
  return taxing ? `${ORDER[state]}; taxes page faults, so it runs in windows` : ORDER[state];
}
