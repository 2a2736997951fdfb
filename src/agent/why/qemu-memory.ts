/** What a QEMU's command line says of how its memory is backed. Byte strings in, printable texts out. Pure. */

import { keyed, optionsWithArgument } from '../guests/qemu-options.js';
import { printable } from '../guests/printable.js';

/** The first option of each kind, as it would be written; absent: there is none. */
export interface QemuMemory {
  /** Merging is switched off. */
  readonly mergeOff?: string;
  readonly shared?: string;
  /** A folder or the kind of memory that is given; whether it has huge pages the kernel tells. */
  readonly backing?: string;
  /** A device of the host's handed through. */
  readonly vfio?: string;
}

/** @param args the command line without the program's name */
export function readQemuMemory(args: readonly string[]): QemuMemory {
  const found: { -readonly [Key in keyof QemuMemory]?: string } = {};
  for (const { option, value } of optionsWithArgument(args)) {
    switch (option) {
      case 'machine':
      case 'M':
        if (isOff(keyed(value, 'type')['mem-merge'])) found.mergeOff ??= '-machine mem-merge=off';
        break;
      case 'mem-path':
        found.backing ??= `-mem-path ${printable(value)}`;
        break;
      case 'object':
        Object.assign(found, { ...ofBackend(properties(value, 'qom-type')), ...found });
        break;
      case 'device': {
        const driver = properties(value, 'driver')['driver'] ?? '';
        if (driver.startsWith('vfio-')) found.vfio ??= `-device ${printable(driver)}`;
        break;
      }
      default:
    }
  }
  return found;
}

/** memory-backend-ram, -file, -memfd (backends/hostmem*.c); `merge` is the machine's `mem-merge` where not given. */
function ofBackend(given: Readonly<Record<string, string>>): QemuMemory {
  const { 'qom-type': type = '', id = '', merge, share, hugetlb, 'mem-path': path } = given;
  if (!type.startsWith('memory-backend-')) return {};
  const text = (rest: string): string => `-object ${printable(type)},id=${printable(id)},${rest}`;
  // A memfd is shared where nothing else is said (hostmem-memfd.c).
  const shared = isOn(share) ? text('share=on') : share === undefined && /memfd/.test(type) ? text('...') : undefined;
  const backing =
    path !== undefined ? text(`mem-path=${printable(path)}`) : isOn(hugetlb) ? text('hugetlb=on') : undefined;
  return {
    ...(isOff(merge) ? { mergeOff: text('merge=off') } : {}),
    ...(shared === undefined ? {} : { shared }),
    ...(backing === undefined ? {} : { backing }),
  };
}

/** `type,key=value` or, since QEMU 6.0 for objects and 6.2 for devices, JSON, which libvirt writes. */
function properties(value: string, implied: string): Readonly<Record<string, string>> {
  if (!value.startsWith('{')) return keyed(value, implied);
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // QEMU would not have started with it; a command line can be overwritten or cut.
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const given: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, one] of Object.entries(parsed)) {
    if (typeof one === 'string') given[key] = one;
    else if (typeof one === 'boolean') given[key] = one ? 'on' : 'off';
  }
  return given;
}

/** The words of qapi_bool_parse (qapi/qapi-util.c). */
function isOn(word: string | undefined): boolean {
  return word === 'on' || word === 'yes' || word === 'true' || word === 'y';
}

function isOff(word: string | undefined): boolean {
  return word === 'off' || word === 'no' || word === 'false' || word === 'n';
}
