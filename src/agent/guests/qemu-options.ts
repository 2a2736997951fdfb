/** QEMU's command line, read the way QEMU reads it. Byte strings in and out. Pure. */

/**
 * Options that take no argument: `DEF(..., 0, ...)` in qemu-options.hx, those that QEMU has dropped since included. All
 * others take the next argument whatever it looks like (lookup_opt, system/vl.c), so that `-append "-name x"` names nothing.
 */
const WITHOUT_ARGUMENT: ReadonlySet<string> = new Set(
  `h help version mem-prealloc audio-help snapshot usb nographic portrait full-screen win2k-hack no-fd-bootchk no-acpi
  no-hpet singlestep one-insn-per-tb preconfig S s enable-kvm xen-create xen-attach xen-domid-restrict no-reboot
  no-shutdown daemonize only-migratable nodefaults nodefconfig no-user-config async-teardown enable-sync-profile curses sdl
  alt-grab ctrl-grab no-frame no-quit show-cursor localtime std-vga old-param semihosting rtc-td-hack tdf no-kvm
  no-kvm-irqchip no-kvm-pit no-kvm-pit-reinjection enable-nesting enable-hax enable-fips perfmap jitdump`.split(/\s+/),
);

export interface QemuOptions {
  /** `-name`, its guest part. */
  readonly name?: string;
  /** `-uuid`, lower case. */
  readonly uuid?: string;
  /** `-id`, an option of Proxmox's QEMU: the VMID. */
  readonly vmid?: string;
  /** `manufacturer` and `product` of `-smbios type=1`: who built the machine. */
  readonly manufacturer?: string;
  readonly product?: string;
  /** Absolute paths of sockets, secrets and the pid file: they tell who manages the guest, and who serves it. */
  readonly paths: readonly string[];
}

/** Options with such paths; not those of disks, which can be dozens. */
const WITH_PATHS: ReadonlySet<string> = new Set(['chardev', 'netdev', 'object', 'qmp', 'monitor', 'pidfile']);

/** Most paths kept of one command line, and the longest: a socket's is at most 107 bytes (sun_path). */
const PATHS_MAX = 64;
const PATH_LENGTH_MAX = 107;

/**
 * The options that take an argument, in order; those without are passed over.
 *
 * @param args the command line without the program's name
 */
export function* optionsWithArgument(
  args: readonly string[],
): Generator<{ readonly option: string; readonly value: string }> {
  for (let at = 0; at < args.length; at++) {
    const [, option, joined] = /^--?([A-Za-z0-9_][\w-]*)(?:=([^]*))?$/.exec(args[at] ?? '') ?? [];
    if (option === undefined || WITHOUT_ARGUMENT.has(option)) continue;
    // `-name=x`: QEMU itself refuses it, so where it stands, a wrapper means what it looks like.
    const value = joined ?? args[++at];
    if (value === undefined) return;
    yield { option, value };
  }
}

/** @param args the command line without the program's name */
export function parseQemuOptions(args: readonly string[]): QemuOptions {
  const found: { -readonly [Key in keyof QemuOptions]?: QemuOptions[Key] } = {};
  const paths = new Set<string>();
  for (const { option, value } of optionsWithArgument(args)) {
    switch (option) {
      case 'name':
        found.name = keyed(value, 'guest')['guest'] ?? found.name ?? '';
        break;
      case 'uuid':
        if (UUID.test(value)) found.uuid = value.toLowerCase();
        break;
      case 'id':
        if (/^[1-9]\d{0,9}$/.test(value)) found.vmid = value;
        break;
      case 'smbios':
        Object.assign(found, systemTable(value));
        break;
      default:
        if (WITH_PATHS.has(option)) collectPaths(value, paths);
    }
  }
  return { ...found, paths: [...paths] };
}

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * `a,b=c,d=e,,f`: what stands before the first comma without a `=` belongs to the key `implied`, a doubled comma is a
 * comma, the last of two equal keys holds (get_opt_name_value and get_opt_value, util/qemu-option.c).
 */
export function keyed(text: string, implied: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
  };
  for (let first = true; at < text.length; first = false) {
    const key = take(/[^=,]*/y);
    const named = text[at + key.length] === '=';
    if (!named && !first) {
      // A flag such as `server`: on.
      values[key] = 'on';
      at += key.length + 1;
      continue;
    }
    if (named) at += key.length + 1;
    const value = take(/(?:[^,]+|,,)*/y);
    values[named ? key : implied] = value.replaceAll(',,', ',');
    at += value.length + 1;
  }
  return values;
}

/** Type 1 is the System Information table (SMBIOS reference specification, 7.2). */
function systemTable(value: string): { manufacturer?: string; product?: string } {
  const { type, manufacturer, product } = keyed(value, 'file');
  if (type !== '1') return {};
  return { ...(manufacturer === undefined ? {} : { manufacturer }), ...(product === undefined ? {} : { product }) };
}

function collectPaths(value: string, into: Set<string>): void {
  for (const [, path] of value.matchAll(/(?:^|[=:"])(\/[^,"\0]+)/g)) {
    if (into.size >= PATHS_MAX) return;
    if (path !== undefined && path.length <= PATH_LENGTH_MAX) into.add(path);
  }
}
