/** One virtual machine under QEMU's software emulation, whose memory KSM may merge as that of any guest of QEMU. */

import { GuestChild } from './child.js';
import type { VmHost } from './vm-host.js';

export interface VmOptions {
  readonly host: VmHost;
  /** At most 15 characters. */
  readonly name: string;
  readonly memoryMib: number;
  /** Path of an archive as `vmRoot` makes it. */
  readonly root: string;
}

/** Three seconds on an idle host; many machines booting on few cores take that long each. Milliseconds. */
const BOOT_MS = 120_000;

const ANSWER_MS = 30_000;

export class Vm {
  readonly #options: VmOptions;
  readonly #child: GuestChild;
  /** Commands wait for the answer of the one before. */
  #turn: Promise<unknown>;

  private constructor(options: VmOptions) {
    this.#options = options;
    this.#child = GuestChild.start({ program: options.host.setpriv, args: vmArguments(options), endBy: 'SIGTERM' });
    this.#turn = this.#child.hear((line) => line === 'ok ready', BOOT_MS);
    this.#turn.catch(() => undefined); // told by `ready`
  }

  /** QEMU starts now; `ready` tells when the machine has booted. */
  static start(options: VmOptions): Vm {
    return new Vm(options);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Of QEMU; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves with how it ended, in words. */
  get ended(): Promise<string> {
    return this.#child.ended;
  }

  /** Rejects, with what it said last, when it ends or is silent instead. */
  async ready(): Promise<void> {
    await this.#turn;
  }

  /** One command of `vmRoot`'s script; resolves with what follows `ok`. */
  async ask(command: string): Promise<string> {
    const answer = this.#turn.then(async () => {
      const heard = this.#child.hear((line) => /^(ok|err)\b/.test(line), ANSWER_MS);
      this.#child.send(command);
      const line = await heard;
      if (!line.startsWith('ok')) throw new Error(`${this.name}, "${command}": ${line}`);
      return line.slice(3);
    });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}

/**
 * `mem-merge=on` is QEMU's default and is said for the reader: madvise(MADV_MERGEABLE) on the guest's memory. Without
 * `console=ttyS0` a panic would be silent; `loglevel=1` keeps everything less off the line that commands use.
 */
export function vmArguments({ host, name, memoryMib, root }: VmOptions): readonly string[] {
  return [
    ...['--pdeathsig', 'KILL', host.qemu],
    ...['-name', `guest=${name},process=${name},debug-threads=on`],
    ...['-nodefaults', '-no-user-config', '-nic', 'none', '-display', 'none', '-no-reboot'],
    ...['-machine', 'q35,mem-merge=on', '-accel', 'tcg,tb-size=32', '-cpu', 'max', '-m', String(memoryMib)],
    ...['-serial', 'stdio', '-kernel', host.kernel, '-initrd', root],
    ...['-append', 'console=ttyS0 quiet loglevel=1 panic=-1'],
  ];
}
