/** What is read of this host beside the agent. */

import { readFileSync } from 'node:fs';
import { argumentsOf, monitorOf } from '../../agent/guests/machine.js';
import { keyed, optionsWithArgument } from '../../agent/guests/qemu-options.js';
import { readProcessFacts } from '../../agent/kernel/process-facts.js';

const MIB = 2 ** 20;
/** What QEMU gives a machine whose command line says nothing (default_ram_size of hw/core/machine.c). */
const QEMU_DEFAULT_BYTES = 128 * MIB;

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: MIB, g: 2 ** 30, t: 2 ** 40 };

/** The word in brackets of /sys/kernel/mm/transparent_hugepage/enabled: `always [madvise] never`. null: not known. */
export function readHugePages(root = '/'): string | null {
  try {
    const text = readFileSync(`${root}sys/kernel/mm/transparent_hugepage/enabled`, 'utf8');
    return /\[(\w+)\]/.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}

/**
 * Memory that a QEMU was started with; what was plugged in later is not in it. null: no QEMU, not readable, or ended.
 *
 * @param key the guest's: its end names the start of its main process, so that no other process is taken for it
 */
export function readPromisedBytes(pid: number, key: string, root = '/'): number | null {
  const startTicks = Number(/#(\d+)\.\d+$/.exec(key)?.[1]);
  if (!Number.isSafeInteger(startTicks)) return null;
  const reading = readProcessFacts(root, pid, startTicks);
  if (reading.state !== 'read' || monitorOf(reading.facts) !== 'qemu') return null;
  const args = argumentsOf(reading.facts.cmdline);
  return args.length === 0 ? null : qemuMemoryBytes(args.slice(1));
}

/** `-m 2048`, `-m 4G`, `-m size=4194304k,slots=16,maxmem=64G` (qemu(1), -m). @returns null: it cannot be read */
export function qemuMemoryBytes(args: readonly string[]): number | null {
  let bytes: number | null = QEMU_DEFAULT_BYTES;
  for (const { option, value } of optionsWithArgument(args)) {
    if (option !== 'm') continue;
    const size = keyed(value, 'size')['size'];
    if (size !== undefined) bytes = sizeOf(size);
  }
  return bytes;
}

function sizeOf(text: string): number | null {
  const [, figure, unit = 'm'] = /^(\d+(?:\.\d+)?)([bkmgt]?)$/i.exec(text) ?? [];
  const factor = UNITS[unit === '' ? 'm' : unit.toLowerCase()];
  return figure === undefined || factor === undefined ? null : Number(figure) * factor;
}
