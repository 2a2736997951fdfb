import { parseArgs } from 'node:util';
import { UsageError } from '../bakeoff/refusal.js';

export type Options =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'run';
      readonly quick: boolean;
      readonly rounds: number;
      /** Starts of bpftrace for each variant. */
      readonly starts: number;
      /** Seconds for which the idle bpftrace is watched. */
      readonly idleSec: number;
      /** Seconds for which the duty cycle is watched; 0: only computed. */
      readonly dutySec: number;
      /** Rows are written here. */
      readonly json: string | undefined;
      /** Whether docs/overhead.md is written. */
      readonly write: boolean;
      /** Programs to be measured besides, as bpftrace takes them. */
      readonly programs: readonly string[];
      readonly parts: readonly Part[];
    };

export const PARTS = ['faults', 'statistics', 'startup', 'duty'] as const;
export type Part = (typeof PARTS)[number];

const FULL = { rounds: 60, starts: 7, idleSec: 30, dutySec: 180 };
const QUICK = { rounds: 5, starts: 2, idleSec: 5, dutySec: 20 };

export const HELP = `Usage: npm run bench:probes -- [options]

What the BPF programs cost: nanoseconds added to page faults, COW breaks and merges; the programs' own CPU time as the
kernel counts it; bpftrace's start, memory and idle CPU; the duty cycle. About ten minutes.

  --rounds N       pairs of each comparison (default ${FULL.rounds})
  --quick          ${QUICK.rounds} rounds and short waits, about a minute and a half: to see that it works
  --part NAME      only this part; repeatable: ${PARTS.join(', ')}
  --program FILE   also measure this bpftrace program, a prefix of the page-fault path, say; repeatable
  --json FILE      write the rows there
  --write          write docs/overhead.md; needs all parts and at least 30 rounds
  --help           this

Needs root, a C compiler, bpftrace, and nobody else's mergeable memory. Takes the lock of the kernel tests and puts every
knob back, also when it is interrupted. A quiet machine makes narrow intervals; a busy one, wide ones.
Exit codes: 0 measured, 1 the host says no, 2 wrong usage, 130 interrupted.`;

/** @throws UsageError */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parsed(argv);
  if (values.help === true) return { kind: 'help' };
  const quick = values.quick === true;
  const sizes = quick ? QUICK : FULL;
  const rounds = wholeNumber('--rounds', values.rounds) ?? sizes.rounds;
  const parts = PARTS.filter((part) => values.part === undefined || values.part.includes(part));
  const unknown = values.part?.find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no part ${unknown}; there are ${PARTS.join(', ')}`);
  const write = values.write === true;
  if (write && (quick || parts.length < PARTS.length || rounds < 30 || values.program !== undefined)) {
    throw new UsageError('--write wants all parts, at least 30 rounds, no --quick and no --program');
  }
  return { kind: 'run', quick, ...sizes, rounds, parts, write, json: values.json, programs: values.program ?? [] };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        rounds: { type: 'string' },
        quick: { type: 'boolean' },
        part: { type: 'string', multiple: true },
        program: { type: 'string', multiple: true },
        json: { type: 'string' },
        write: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new UsageError(`${option} wants a whole number from 1, not ${text}`);
  return value;
}
