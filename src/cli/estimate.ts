import type { Command } from 'commander';
import { estimate, type EstimateResult } from '../agent/estimate/estimate.js';
import { freshRandom, otherPids, readMemoryHost, readPlacedZeroPages } from '../agent/estimate/host-memory.js';
import { Pace } from '../agent/estimate/pace.js';
import { atLowPriority } from '../agent/estimate/priority.js';
import { openFrames } from '../agent/memory-map/frames.js';
import { openProcessMemory } from '../agent/memory-map/process-memory.js';
import { chooseGuest, listGuests } from '../agent/guest-control/find-guest.js';
import { readCpuPct, readPid, readRatePct } from './arguments.js';
import { estimateJson } from './format-estimate-json.js';
import { estimateText, progressText } from './format-estimate-text.js';
import { paintFor } from './format-colour.js';
import { processIo, writeJson, type Io } from './io.js';

interface EstimateFlags {
  readonly guest: readonly string[];
  readonly pid: readonly number[];
  readonly all?: boolean;
  readonly rate?: number;
  readonly maxCpu: number;
  readonly json?: boolean;
}

export function registerEstimate(program: Command, io: Io = processIo): void {
  program
    .command('estimate')
    .description('what KSM would save of the memory of processes, offered to it or not; changes nothing')
    .option('--guest <guest...>', 'guests to look at, together: name, id (UUID, VMID, container, unit) or pid', [])
    .option('--pid <pid...>', 'processes to look at, together', addPid, [])
    .option('--all', 'all processes of this host')
    .option(
      '--rate <pct>',
      'share of all contents to look at, per cent (default: half a million contents)',
      readRatePct,
    )
    .option('--max-cpu <pct>', 'of one core, which is used at the lowest priority', readCpuPct, 100)
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nNeeds root. No content leaves the command, and no hash of one is stored.')
    .action(async (flags: EstimateFlags, command: Command) => {
      const isNamed = flags.pid.length > 0 || flags.guest.length > 0;
      if (isNamed === (flags.all === true)) command.error('ksmpilot: name guests by --guest or --pid, or take --all.');
      const started = performance.now();
      const result = await run(flags, io);
      const elapsedMs = performance.now() - started;
      const host = readMemoryHost();
      const [refused] = result.refusals;
      if (result.processes.length === 0 && refused !== undefined) throw refused.error;
      if (flags.json === true) writeJson(io, estimateJson(result, host, elapsedMs));
      else io.stdout.write(estimateText(result, host, elapsedMs, paintFor(io)));
    });
}

async function run(flags: EstimateFlags, io: Io): Promise<EstimateResult> {
  const { pageSize, rules } = readMemoryHost();
  const pace = new Pace({ maxCpuPct: flags.maxCpu });
  const progress = new Progress(io, pageSize);
  const frames = openFrames();
  try {
    return await atLowPriority(() =>
      estimate({
        pids: flags.all === true ? otherPids() : namedPids(flags),
        open: (pid) => openProcessMemory(pid, { pageSize }),
        frames,
        placedZeroPages: (pid) => readPlacedZeroPages(pid),
        rules,
        pageSize,
        rate: flags.rate === undefined ? undefined : flags.rate / 100,
        random: freshRandom(),
        breathe: () => pace.breathe(),
        onProgress: (done, of) => progress.show(done, of),
      }),
    );
  } finally {
    progress.end();
    frames.close();
  }
}

/** A guest has several processes: its monitor and what serves it, or all of a container. */
function namedPids({ guest, pid }: EstimateFlags): readonly number[] {
  const guests = guest.length > 0 ? listGuests() : [];
  const named = guest.flatMap((text) => chooseGuest(guests, text).pids);
  return [...new Set([...named, ...pid])].filter((one) => one !== process.pid || pid.includes(one));
}

/** How often the line is written anew, in milliseconds. */
const PROGRESS_MS = 200;

/** One line on stderr that is written over and over, on a terminal only. */
class Progress {
  readonly #io: Io;
  readonly #pageSize: number;
  readonly #started = performance.now();
  #shownAt = -Infinity;

  constructor(io: Io, pageSize: number) {
    this.#io = io;
    this.#pageSize = pageSize;
  }

  show(donePages: number, ofPages: number): void {
    const now = performance.now();
    if (this.#io.stderr.isTTY !== true || now - this.#shownAt < PROGRESS_MS) return;
    this.#shownAt = now;
    const text = progressText(donePages * this.#pageSize, ofPages * this.#pageSize, now - this.#started);
    this.#io.stderr.write(`\r\u001b[K${text}`);
  }

  end(): void {
    if (this.#shownAt > -Infinity) this.#io.stderr.write('\r\u001b[K');
  }
}

function addPid(text: string, before: readonly number[]): readonly number[] {
  return [...before, readPid(text)];
}
