/** Which monitors a QEMU was started with, and what its memory is called, from its command line. Byte strings. Pure. */

import { keyed, optionsWithArgument } from '../guests/qemu-options.js';
import { isRecord } from './message.js';

export interface Monitors {
  /** Paths of the Unix sockets where QEMU speaks QMP and waits for clients; relative ones are to its own folder. */
  readonly paths: readonly string[];
  /** Monitors for QMP that cannot be reached by a path: handed over by who started it, TCP, stdio, a client of theirs. */
  readonly others: number;
}

/** A socket's path is at most 107 bytes (sun_path, unix(7)). */
const PATH_MAX = 107;

/**
 * `-qmp unix:PATH,server=on`, `-qmp-pretty ...`, `-qmp chardev:ID`, `-mon chardev=ID,mode=control` with
 * `-chardev socket,id=ID,path=PATH,server=on` (monitor_parse and qemu_chr_parse_compat, chardev/char.c).
 */
export function monitorsOf(args: readonly string[]): Monitors {
  const sockets = new Map<string, string>();
  const chardevs: string[] = [];
  const paths = new Set<string>();
  let others = 0;
  const add = (path: string | undefined): void => {
    if (path === undefined || path === '' || path.length > PATH_MAX) others++;
    else paths.add(path);
  };
  for (const { option, value } of optionsWithArgument(args)) {
    switch (option) {
      case 'qmp':
      case 'qmp-pretty':
        if (value.startsWith('chardev:')) chardevs.push(value.slice('chardev:'.length));
        else if (value !== 'none')
          add(value.startsWith('unix:') ? listening(keyed(value.slice(5), 'path')) : undefined);
        break;
      case 'mon': {
        const { chardev, mode } = keyed(value, 'chardev');
        if (mode === 'control' && chardev !== undefined) chardevs.push(chardev);
        break;
      }
      case 'chardev': {
        const properties = keyed(value, 'backend');
        const path = properties['backend'] === 'socket' ? listening(properties) : undefined;
        if (properties['id'] !== undefined && path !== undefined) sockets.set(properties['id'], path);
        break;
      }
      default:
    }
  }
  for (const id of chardevs) add(sockets.get(id));
  return { paths: [...paths], others };
}

/** The path, where QEMU listens at one; `server` stood alone before QEMU 6.0. */
function listening(properties: Readonly<Record<string, string>>): string | undefined {
  const { path, server, abstract } = properties;
  const on = (text: string | undefined): boolean => text === 'on' || text === 'yes' || text === 'true' || text === 'y';
  return on(server) && !on(abstract) ? path : undefined;
}

/** Ids of the memory backends that the command line names; QEMU keeps each at /objects/ID. */
export function namedBackends(args: readonly string[]): readonly string[] {
  const ids: string[] = [];
  for (const { option, value } of optionsWithArgument(args)) {
    if (option !== 'object') continue;
    const properties = value.startsWith('{') ? jsonObject(value) : keyed(value, 'qom-type');
    const { 'qom-type': type, id } = properties;
    if (typeof type === 'string' && type.startsWith('memory-backend-') && typeof id === 'string') ids.push(id);
  }
  return ids;
}

/** libvirt writes its objects as JSON (since 8.0). */
function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}
