/** Reads what `reasonsFor` judges. No agent is needed; nothing is changed. */

import { setTimeout as sleep } from 'node:timers/promises';
import { KsmpilotError } from '../errors.js';
import { freshRandom, readMemoryHost } from '../estimate/host-memory.js';
import { argumentsOf } from '../guests/machine.js';
import { printable } from '../guests/printable.js';
import { readKsmSysfs } from '../kernel/ksm-sysfs.js';
import { readProcessFacts } from '../kernel/process-facts.js';
import { findRivals } from '../kernel/rivals.js';
import { readMemoryNodes, readPinnedBytes, readProcessKsm, readVfioFiles } from '../kernel/why-facts.js';
import { openFrames } from '../memory-map/frames.js';
import { openProcessMemory, type ProcessMemory } from '../memory-map/process-memory.js';
import type { GuestIdentity } from '../model/guest.js';
import type { KsmSysfs } from '../model/raw.js';
import { lookAgain, lookAt, type OfferedArea } from './content-look.js';
import type { ContentLook, Evidence, KsmTally, Pins, ScanPace } from './evidence.js';
import { addArea, NO_MEMORY, type MemorySums } from './memory-sums.js';
import { readQemuMemory, type QemuMemory } from './qemu-memory.js';

/** Most processes of one guest that are read; smaps takes 13 to 31 ms a GiB of small pages. */
const PROCESSES_MAX = 64;

/** Most areas of one guest among which pages are drawn: a guest's memory is a few. */
const AREAS_MAX = 65_536;

/** Kinds that are a QEMU, or can be. */
const QEMU_KINDS: ReadonlySet<string> = new Set(['qemu', 'libvirt', 'openstack', 'kubevirt', 'proxmox', 'kata']);

export interface GatherOptions {
  /** How long contents and ksmd are watched, seconds; 0: neither is. */
  readonly watchSeconds: number;
  readonly root?: string;
}

/**
 * @throws KsmpilotError NOT_ROOT, PROCESS_ABSENT, MEMORY_UNREADABLE, KSM_FILE_UNREADABLE, KSM_FILE_MALFORMED
 */
export async function gather(guest: GuestIdentity, { watchSeconds, root = '/' }: GatherOptions): Promise<Evidence> {
  const { pageSize } = readMemoryHost(root);
  const gaps: string[] = [];
  const opened: ProcessMemory[] = [];
  try {
    for (const pid of guest.pids.slice(0, PROCESSES_MAX)) {
      const memory = tryOpen(pid, { pageSize, root, content: watchSeconds > 0, main: pid === guest.pids[0], gaps });
      if (memory !== undefined) opened.push(memory);
    }
    if (guest.pids.length > PROCESSES_MAX) {
      gaps.push(`It has ${guest.pids.length} processes: ${PROCESSES_MAX} of them were read.`);
    }
    const { memory, offered } = readAreas(opened);
    const alive = opened.filter((one) => !one.ended());
    if (alive.length === 0) throw gone(guest);
    const { ksm, pace, look } = await watch(offered, { pageSize, root, watchSeconds, gaps });
    return {
      pageSize,
      guest: { kind: guest.kind, name: guest.name, id: guest.id, pids: guest.pids, processesRead: alive.length },
      memory,
      tally: tallyOf(guest.pids.slice(0, PROCESSES_MAX), root),
      ksm,
      pace,
      nodes: readMemoryNodes(root),
      options: optionsOf(guest, root),
      pins: pinsOf(alive, root),
      rivals: findRivals(root).map(({ name, pid }) => `${name} (pid ${pid})`),
      look,
      gaps,
    };
  } finally {
    for (const memory of opened) memory.close();
  }
}

interface OpenOptions {
  readonly pageSize: number;
  readonly root: string;
  readonly content: boolean;
  /** Without its main process nothing can be said of a guest; of others the lack is told. */
  readonly main: boolean;
  readonly gaps: string[];
}

/** undefined: the process has ended, or may not be read. */
function tryOpen(pid: number, { main, gaps, ...options }: OpenOptions): ProcessMemory | undefined {
  try {
    return openProcessMemory(pid, options);
  } catch (error) {
    if (!(error instanceof KsmpilotError) || (error.code !== 'PROCESS_ABSENT' && main)) throw error;
    if (error.code !== 'PROCESS_ABSENT') gaps.push(`Process ${pid} is left out: ${error.message}.`);
    return undefined;
  }
}

function readAreas(opened: readonly ProcessMemory[]): { memory: MemorySums; offered: readonly OfferedArea[] } {
  let memory = NO_MEMORY;
  const offered: OfferedArea[] = [];
  for (const process of opened) {
    for (const area of process.areas()) {
      memory = addArea(memory, area);
      const drawable = area.offered && area.obstacle === undefined && area.anonymousPages > 0;
      if (drawable && offered.length < AREAS_MAX) offered.push({ memory: process, area });
    }
  }
  return { memory, offered };
}

interface Watched {
  readonly ksm: KsmSysfs | undefined;
  readonly pace: ScanPace;
  readonly look: ContentLook | undefined;
}

async function watch(
  offered: readonly OfferedArea[],
  options: { readonly pageSize: number; readonly root: string; readonly watchSeconds: number; readonly gaps: string[] },
): Promise<Watched> {
  const { pageSize, root, watchSeconds, gaps } = options;
  const before = readKsm(root);
  const started = performance.now();
  if (watchSeconds === 0) return { ksm: before, pace: { seconds: 0, scanned: null, skipped: null }, look: undefined };
  const frames = openFrames(root);
  try {
    const first = lookAt(offered, frames, freshRandom(), pageSize);
    const lookedAt = performance.now();
    await sleep(watchSeconds * 1000);
    const second = lookAgain(first, pageSize);
    const now = performance.now();
    const ksm = readKsm(root);
    const grown = (file: 'pages_scanned' | 'pages_skipped'): number | null => {
      const [from, to] = [before?.[file], ksm?.[file]];
      // A counter that went back was reset (run = 2): what it counted since is not known.
      return from === undefined || to === undefined || to < from ? null : to - from;
    };
    if (offered.length > 0 && second.drawn === 0) gaps.push('No page of what is offered could be looked at twice.');
    return {
      ksm,
      pace: { seconds: (now - started) / 1000, scanned: grown('pages_scanned'), skipped: grown('pages_skipped') },
      look: second.drawn === 0 ? undefined : { ...second, seconds: (now - lookedAt) / 1000 },
    };
  } finally {
    frames.close();
  }
}

/** @throws KsmpilotError of the first file that is there and cannot be read */
function readKsm(root: string): KsmSysfs | undefined {
  const reading = readKsmSysfs(root);
  const [failure] = reading?.failures ?? [];
  if (failure !== undefined) throw failure;
  return reading?.values;
}

/** Which figures there are is a matter of the kernel, the same for all processes. */
function tallyOf(pids: readonly number[], root: string): KsmTally {
  const read = pids.map((pid) => readProcessKsm(root, pid)).filter((stat) => stat !== undefined);
  const sum = (field: 'ksm_rmap_items' | 'ksm_merging_pages' | 'ksm_zero_pages'): number | undefined => {
    const values = read.map((stat) => stat[field]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.reduce((all, one) => all + one, 0);
  };
  const [visited, merged, zero] = [sum('ksm_rmap_items'), sum('ksm_merging_pages'), sum('ksm_zero_pages')];
  return {
    ...(visited === undefined ? {} : { visited }),
    ...(merged === undefined ? {} : { merged }),
    ...(zero === undefined ? {} : { zero }),
  };
}

function optionsOf({ kind, pids, startTicks }: GuestIdentity, root: string): QemuMemory {
  const [pid] = pids;
  if (pid === undefined || !QEMU_KINDS.has(kind)) return {};
  const reading = readProcessFacts(root, pid, startTicks);
  return reading.state === 'read' ? readQemuMemory(argumentsOf(reading.facts.cmdline).slice(1)) : {};
}

function pinsOf(opened: readonly ProcessMemory[], root: string): Pins {
  let [pinnedBytes, lockedBytes] = [0, 0];
  const vfio = new Set<string>();
  for (const { pid } of opened) {
    const pins = readPinnedBytes(root, pid);
    pinnedBytes += pins?.pinned ?? 0;
    lockedBytes += pins?.locked ?? 0;
    const files = readVfioFiles(root, pid);
    if (files !== 'gone') for (const file of files) vfio.add(printable(file));
  }
  return { pinnedBytes, lockedBytes, vfio: [...vfio] };
}

function gone({ name, pids }: GuestIdentity): KsmpilotError {
  return new KsmpilotError('PROCESS_ABSENT', `${name} (pid ${pids[0] ?? 'none'}) has ended`, {
    hint: 'Ask again when it runs.',
  });
}
