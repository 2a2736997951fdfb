/** A guest's memory as QEMU's object model has it, and whether KSM may merge it. */

import { KsmpilotError } from '../errors.js';
import { isRecord } from './message.js';
import type { QmpConnection } from './connection.js';

/** One memory backend (QEMU's docs/devel/qom.rst, backends/hostmem.c). */
export interface MemoryBackend {
  /** `/objects/pc.ram`, or the id that the command line gives. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly merge: boolean;
  /** Mapped shared, as for vhost-user and virtiofs: the kernel never merges that, whatever `merge` says. */
  readonly share: boolean;
}

/** Most backends of one guest that are read; far above the 256 memory slots of a machine. */
const BACKENDS_MAX = 1024;

/** Where user-created objects are; since QEMU 5.0 the machine's own memory too, where none was named. */
const OBJECTS = '/objects';

/** @throws KsmpilotError those of QmpConnection.execute; QMP_FAILED for an answer of another shape */
export async function listMemoryBackends(qmp: Pick<QmpConnection, 'execute'>): Promise<readonly MemoryBackend[]> {
  const listed = await qmp.execute('qom-list', { path: OBJECTS });
  if (!Array.isArray(listed)) throw odd('qom-list', 'no list');
  const backends: MemoryBackend[] = [];
  for (const entry of listed as readonly unknown[]) {
    if (!isRecord(entry)) throw odd('qom-list', 'an entry that is no object');
    const { name, type } = entry;
    if (typeof name !== 'string' || typeof type !== 'string' || !/^child<memory-backend[\w-]*>$/.test(type)) continue;
    if (backends.length >= BACKENDS_MAX) throw odd('qom-list', `more than ${BACKENDS_MAX} memory backends`);
    const path = `${OBJECTS}/${name}`;
    backends.push({
      path,
      merge: await getBoolean(qmp, path, 'merge'),
      share: await getBoolean(qmp, path, 'share'),
      sizeBytes: await getNumber(qmp, path, 'size'),
    });
  }
  return backends;
}

/**
 * Sets the property, which makes QEMU call madvise on the whole backend at once. Switching it off copies every merged
 * page within that call, and meanwhile the guest stands still: its CPUs wait for QEMU's main loop and the memory lock.
 *
 * @throws KsmpilotError as `listMemoryBackends`
 */
export async function setMerge(
  qmp: Pick<QmpConnection, 'execute'>,
  backend: MemoryBackend,
  merge: boolean,
): Promise<void> {
  await qmp.execute('qom-set', { path: backend.path, property: 'merge', value: merge }, setMs(backend.sizeBytes));
  const now = await getBoolean(qmp, backend.path, 'merge');
  if (now !== merge) throw odd('qom-set', `merge = ${now} read back`);
}

/** Copying goes at 1 GiB/s and more; a tenth of that, and half a minute, before it counts as hanging. Milliseconds. */
function setMs(sizeBytes: number): number {
  return 30_000 + (sizeBytes / 2 ** 30) * 10_000;
}

/** The guest's `-name`; undefined: it has none. */
export async function queryName(qmp: Pick<QmpConnection, 'execute'>): Promise<string | undefined> {
  const answer = await qmp.execute('query-name');
  if (!isRecord(answer)) throw odd('query-name', 'no object');
  return typeof answer['name'] === 'string' ? answer['name'] : undefined;
}

async function getBoolean(qmp: Pick<QmpConnection, 'execute'>, path: string, property: string): Promise<boolean> {
  const value = await qmp.execute('qom-get', { path, property });
  if (typeof value !== 'boolean') throw odd(`qom-get ${path} ${property}`, 'neither true nor false');
  return value;
}

async function getNumber(qmp: Pick<QmpConnection, 'execute'>, path: string, property: string): Promise<number> {
  const value = await qmp.execute('qom-get', { path, property });
  if (typeof value !== 'number' || value < 0) throw odd(`qom-get ${path} ${property}`, 'no size');
  return value;
}

function odd(command: string, what: string): KsmpilotError {
  return new KsmpilotError('QMP_FAILED', `QEMU answers ${command} with ${what}`, {
    hint: 'Is it a QEMU that somebody changed? Its memory is left as it is.',
  });
}
