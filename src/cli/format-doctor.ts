/** `ksmpilot doctor` as JSON and as text. Pure. */

import type { Findings } from '../agent/examine.js';
import { printable } from './format.js';
import type { Paint } from './format-colour.js';
import { formatTable } from './format-table.js';

export function doctorJson(findings: Findings): Record<string, unknown> {
  const { facts, probes, problems, rivals } = findings;
  return {
    ok: findings.ok,
    kernel: facts.kernelRelease,
    machine: facts.machine,
    root: facts.root,
    lockdown: facts.lockdown ?? null,
    bpftrace: findings.bpftraceVersion ?? null,
    ksm: { present: facts.ksmPresent, features: facts.ksmFeatures },
    probes: probes.map(({ name, state, detail }) => ({ name, state, detail })),
    rivals,
    problems,
  };
}

export function doctorText(findings: Findings, paint: Paint): string {
  const { facts, probes, problems } = findings;
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
  ];
  if (problems.length === 0) lines.push('No problems found.');
  for (const { code, what, cure } of problems) {
    lines.push(paint.yellow(`${code}: ${printable(what)}`), `  ${printable(cure)}`);
  }
  return `${lines.join('\n')}\n`;
}
