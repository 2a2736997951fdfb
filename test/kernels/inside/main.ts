/** Runs in a guest of the rig: `node program.mjs ROUND...`. Tells on stdout what the probes counted, on stderr how it goes. */

import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { Probes, totalsOf } from './probes.js';
import { type Line, type MutedReport, ROUNDS, type Round, type RoundReport } from './report.js';
import { breakInEveryWay, breakInMachine, breakUnseen, breakZeroPages } from './workloads.js';

const levels = /^flags\s*:.*\bla57\b/m.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 5 : 4;
tell({ facts: { release: release(), pagingLevels: levels } });
for (const name of process.argv.slice(2)) {
  const round = [...ROUNDS, 'muted' as const].find((known) => known === name);
  if (round === undefined) throw new Error(`there is no round ${name}`);
  try {
    tell(round === 'muted' ? { muted: await runMuted() } : { round: await run(round) });
  } catch (error) {
    tell({ failed: round, why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  }
}

async function runMuted(): Promise<MutedReport> {
  writeFileSync('/proc/sys/kernel/ftrace_enabled', '0');
  const probes = new Probes('muted');
  try {
    say('muted', 'starting the probes');
    await probes.start();
    say('muted', 'breaking pages unseen');
    return await breakUnseen(probes);
  } finally {
    await probes.stop();
    writeFileSync('/proc/sys/kernel/ftrace_enabled', '1');
  }
}

async function run(round: RoundReport['round']): Promise<RoundReport> {
  const startedAt = performance.now();
  const probes = new Probes(round);
  try {
    say(round, 'starting the probes');
    await probes.start();
    say(round, 'breaking pages in every way');
    const everyWay = await breakInEveryWay(probes);
    say(round, 'zero pages');
    const zeroPages = await breakZeroPages(probes);
    say(round, 'a virtual machine');
    const machine = await breakInMachine(probes);
    const snapshot = await probes.fresh();
    const { states, lostEvents, unparsedLines = 0, bpftraceVersion } = snapshot;
    const cowTier = totalsOf(snapshot).tier;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    return {
      round,
      ...everyWay,
      zeroPages,
      machine,
      states,
      cowTier,
      lostEvents,
      unparsedLines,
      bpftraceVersion,
      seconds,
    };
  } finally {
    await probes.stop();
  }
}

function tell(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function say(round: Round, what: string): void {
  process.stderr.write(`${process.uptime().toFixed(0)} s: ${round}: ${what}\n`);
}
