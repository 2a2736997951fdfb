import type { Command } from 'commander';
import { KsmpilotError } from '../agent/errors.js';
import { examineHost } from '../agent/examine.js';
import { renderedProgram } from '../agent/probes/plan.js';
import { paintFor } from './format-colour.js';
import { doctorJson, doctorText } from './format-doctor.js';
import { processIo, writeJson, type Io } from './io.js';

interface DoctorFlags {
  readonly json?: boolean;
  readonly program?: string;
  readonly try?: boolean;
  readonly bpftrace: string;
}

/** What looks at the host; tests bring their own. */
export interface DoctorParts {
  readonly examineHost: typeof examineHost;
  readonly renderedProgram: typeof renderedProgram;
}

export function registerDoctor(
  program: Command,
  io: Io = processIo,
  parts: DoctorParts = { examineHost, renderedProgram },
): void {
  program
    .command('doctor')
    .description('what this host can do, rival tuners, and each problem with its cure; changes nothing')
    .option('--json', 'one JSON object')
    .option(
      '--program <name>',
      'print a BPF program with the values of this host, to be run by hand: scanner, cow or kvm for the best one that the host allows, or a file of bpf/ without .bt',
    )
    .option('--try', 'also run the BPF programs for a few seconds, to see which of them bpftrace takes here')
    .option('--bpftrace <path>', 'the bpftrace binary', 'bpftrace')
    .action(async ({ json, program: name, try: isTried = false, bpftrace: bpftracePath }: DoctorFlags) => {
      if (name !== undefined) {
        io.stdout.write(await parts.renderedProgram(name, { bpftracePath, root: '/' }));
        return;
      }
      const findings = await parts.examineHost({ bpftracePath, isTried });
      if (json === true) writeJson(io, doctorJson(findings));
      else io.stdout.write(doctorText(findings, paintFor(io)));
      if (!findings.ok) {
        const code = findings.facts.ksmPresent ? 'KSM_FILE_UNREADABLE' : 'KSM_ABSENT';
        throw new KsmpilotError(code, 'KSM cannot be used on this host.', {
          hint: 'the problems above name the cure.',
        });
      }
    });
}
