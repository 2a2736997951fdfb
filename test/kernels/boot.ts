/** One boot of a guest: all rounds of test/kernels/inside, and what they reported. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, openRig } from '../../scripts/kernels/rig.mjs';
import { GUESTS, type Guest } from '../../scripts/kernels/targets.mjs';
import type { GuestFacts, Line, MutedReport, Round, RoundReport } from './inside/report.js';
import { makeShare } from './share.js';

/** Packages of a guest, what it told about itself, and its rounds. */
export interface GuestResult {
  readonly guest: Guest;
  readonly versions: { readonly kernel: string; readonly bpftrace: string; readonly qemu: string };
  readonly facts: GuestFacts;
  readonly rounds: readonly RoundReport[];
  /** undefined: that round was not run. */
  readonly muted: MutedReport | undefined;
  readonly failed: readonly { readonly failed: Round; readonly why: string }[];
  readonly bootSec: number;
  readonly totalSec: number;
}

/** Where `npm run test:kernels` finds what the guests reported. */
export const RESULTS = join(CACHE, 'results');

const TIMEOUT_MS = 15 * 60_000;

/** Those that KSMPILOT_TEST_GUESTS names, such as `6.1/0.17,6.12/0.23`; without it, the one that every run has. */
export function chosenGuests(names = process.env.KSMPILOT_TEST_GUESTS): readonly Guest[] {
  if (names === undefined) return GUESTS.slice(0, 1);
  return names.split(',').map((name) => {
    const guest = GUESTS.find((one) => nameOf(one) === name);
    if (guest === undefined) throw new Error(`KSMPILOT_TEST_GUESTS: there is no guest ${name}`);
    return guest;
  });
}

export function nameOf({ kernel, bpftrace }: Guest): string {
  return `${kernel}/${bpftrace}`;
}

/** Boots and runs the rounds. Rejects where packages cannot be had, or the guest fell over. `append`: kernel command line. */
export async function bootGuest(guest: Guest, rounds: readonly Round[], append = ''): Promise<GuestResult> {
  const rig = await openRig(guest);
  using share = await makeShare();
  let output = '';
  const end = await rig.run({
    command: ['env', 'KSMPILOT_TEST_PROGRAMS=/share', 'node', 'program.mjs', ...rounds],
    append,
    share: share.folder,
    pagingLevels: guest.levels,
    timeoutMs: TIMEOUT_MS,
    onStdout: (chunk) => (output += chunk.toString()),
    onStderr: (chunk) => process.stderr.write(chunk),
  });
  const lines = output.split('\n').filter((line) => line !== '');
  const told = lines.map((line) => JSON.parse(line) as Line);
  const facts = told.find((line) => 'facts' in line)?.facts;
  if (end.code === undefined || facts === undefined) {
    const why = end.timedOut ? 'did not end in time' : `ended with ${end.code ?? 'no exit code'}`;
    throw new Error(`the guest ${why}\nQEMU: ${end.qemu}\nits console:\n${end.console}`);
  }
  const result: GuestResult = {
    guest,
    versions: rig.versions,
    facts,
    rounds: told.flatMap((line) => ('round' in line ? [line.round] : [])),
    muted: told.find((line) => 'muted' in line)?.muted,
    failed: told.flatMap((line) => ('failed' in line ? [line] : [])),
    bootSec: Math.round(end.bootMs / 1000),
    totalSec: Math.round(end.totalMs / 1000),
  };
  return result;
}

/** For the table of `npm run test:kernels`. */
export function keepResult(result: GuestResult): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(
    join(RESULTS, `${nameOf(result.guest).replace('/', '-')}.json`),
    `${JSON.stringify(result, null, 1)}\n`,
  );
}
