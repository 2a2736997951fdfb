import { readdirSync, readFileSync } from 'node:fs';

/** What Debian's ksmtuned takes for a virtual machine: `pgrep -f '^qemu-system.*-enable-kvm'`, the whole command line. */
const GUEST_COMMAND = /^qemu-system.*-enable-kvm/;

/** Between fork and exec a process has its parent's command line, so one look does not tell what it will be. */
const LOOKS = 3;

interface Seen {
  readonly guest: boolean;
  readonly looks: number;
}

/** Tells guests that started or ended since the last look, as libvirt or a container runtime would tell a tuner. */
export class GuestWatch {
  readonly #proc: string;
  #seen = new Map<number, Seen>();

  constructor(options: { proc?: string } = {}) {
    this.#proc = options.proc ?? '/proc';
  }

  /** The first look finds the guests that are there already, which count as started. */
  look(): { readonly started: number; readonly ended: number } {
    const seen = new Map<number, Seen>();
    let started = 0;
    for (const name of readdirSync(this.#proc)) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const before = this.#seen.get(pid);
      if (before !== undefined && (before.guest || before.looks >= LOOKS)) {
        seen.set(pid, before);
        continue;
      }
      const guest = GUEST_COMMAND.test(commandLine(`${this.#proc}/${name}/cmdline`));
      if (guest) started += 1;
      seen.set(pid, { guest, looks: (before?.looks ?? 0) + 1 });
    }
    const ended = [...this.#seen].filter(([pid, { guest }]) => guest && !seen.has(pid)).length;
    this.#seen = seen;
    return { started, ended };
  }
}

/** Arguments separated by blanks, as pgrep sees them; empty for kernel threads and processes that are gone. */
function commandLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
