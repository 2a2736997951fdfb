import type { Command } from 'commander';
import { KsmpilotError } from '../agent/errors.js';
import { readMemoryHost, readPlacedZeroPages } from '../agent/estimate/host-memory.js';
import { atLowPriority } from '../agent/estimate/priority.js';
import { Pace } from '../agent/estimate/pace.js';
import { openFrames } from '../agent/memory-map/frames.js';
import { readMemoryMap, type MemoryMap } from '../agent/memory-map/memory-map.js';
import { openProcessMemory } from '../agent/memory-map/process-memory.js';
import { chooseGuest, listGuests } from '../agent/guest-control/find-guest.js';
import { readCpuPct, readPid } from './arguments.js';
import { paintFor } from './format-colour.js';
import { mapJson, mapText } from './format-map.js';
import { processIo, writeJson, type Io } from './io.js';

interface MapFlags {
  readonly maxCpu: number;
  readonly json?: boolean;
}

export function registerMap(program: Command, io: Io = processIo): void {
  program
    .command('map')
    .description("what a guest's memory is made of: KSM pages, zeros, private, huge, shared, absent; changes nothing")
    .argument('<guest>', 'name, id (UUID, VMID, container, unit) or pid; of several processes, its main one')
    .option('--max-cpu <pct>', 'of one core, which is used at the lowest priority', readCpuPct, 100)
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nNeeds root. Reads what the kernel knows of each page, never its contents.')
    .action(async (text: string, flags: MapFlags) => {
      const { pageSize } = readMemoryHost();
      const pid = mainPid(text);
      const map = await read(pid, pageSize, flags.maxCpu);
      const placed = readPlacedZeroPages(pid);
      if (flags.json === true) writeJson(io, mapJson(map, pageSize, placed));
      else io.stdout.write(mapText(map, pageSize, placed, paintFor(io)));
    });
}

/** A number is a pid before it is anybody's name. */
function mainPid(text: string): number {
  if (/^\d+$/.test(text)) return readPid(text);
  const guest = chooseGuest(listGuests(), text);
  const [pid] = guest.pids;
  if (pid === undefined) throw new KsmpilotError('INTERNAL', `${guest.identity} has no process`);
  return pid;
}

async function read(pid: number, pageSize: number, maxCpuPct: number): Promise<MemoryMap> {
  const pace = new Pace({ maxCpuPct });
  const frames = openFrames();
  try {
    const memory = openProcessMemory(pid, { pageSize, content: false });
    try {
      return await atLowPriority(() => readMemoryMap(memory, frames, () => pace.breathe()));
    } finally {
      memory.close();
    }
  } finally {
    frames.close();
  }
}
