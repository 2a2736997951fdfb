import { execFileSync } from 'node:child_process';
import { RootFile } from '../../src/agent/demo/vm-files.js';
import { type VmHost, findVmHost } from '../../src/agent/demo/vm-host.js';
import { Vm } from '../../src/agent/demo/vm.js';
import { qemuTools } from './qemu-tools.js';

/** Enough for Debian's kernel and an image of a quarter of it. */
const MEMORY_MIB = 160;

/** What guests of QEMU need, or why there can be none here. In CI that is an error, never a skip. */
export async function qemuHost(): Promise<VmHost | { readonly why: string }> {
  const tools = await qemuTools();
  return 'why' in tools ? tools : findVmHost({ kernel: tools.kernel, path: tools.path });
}

/**
 * A guest of QEMU with a stock kernel, software emulation, mergeable memory and one file of known content in it, which
 * does what it is told; see `vmRoot`. Page N of the file is one page of the host's memory.
 */
export class QemuGuest implements AsyncDisposable {
  readonly #vm: Vm;

  private constructor(vm: Vm) {
    this.#vm = vm;
  }

  get pid(): number {
    return this.#vm.pid ?? 0;
  }

  /** All with one image; they boot beside each other. Names have at most 15 characters. */
  static async start(host: VmHost, names: readonly string[], imagePages: number): Promise<readonly QemuGuest[]> {
    using root = RootFile.make(host.busybox, imagePages);
    const vms = names.map((name) => Vm.start({ host, name, memoryMib: MEMORY_MIB, root: root.path }));
    try {
      await Promise.all(vms.map((vm) => vm.ready()));
    } catch (error) {
      await Promise.all(vms.map((vm) => vm.stop()));
      throw error;
    }
    return vms.map((vm) => new QemuGuest(vm));
  }

  /** Random content for COUNT pages of the image, by the guest's own kernel. */
  async write(from: number, count: number): Promise<void> {
    await this.#vm.ask(`write ${from} ${count}`);
  }

  /** The content that is there already. */
  async touch(from: number, count: number): Promise<void> {
    await this.#vm.ask(`touch ${from} ${count}`);
  }

  /** MD5 of the image, read by the guest. */
  async sum(): Promise<string> {
    return this.#vm.ask('sum');
  }

  /** A guest's kernel writes now and then by itself; while it is paused nothing does. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
    // Threads stop one after the other: wait for the last.
    const states = (): string => execFileSync('ps', ['-L', '-o', 's=', '-p', String(this.pid)], { encoding: 'utf8' });
    while (/[^Tt\s]/.test(states())) continue;
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vm.stop();
  }
}
