/** The guests of `run --demo --qemu N`: virtual machines with a stock kernel, all with one image in their memory. */

import { setTimeout as sleep } from 'node:timers/promises';
import { KsmpilotError, formatError } from '../errors.js';
import type { Log } from '../log.js';
import type { DemoGuest } from './guests.js';
import { Vm } from './vm.js';
import { RootFile } from './vm-files.js';
import type { VmHost } from './vm-host.js';
import { VM_IMAGE_PAGES, VM_MEMORY_MIB, type VmPlan, vmPlan, vmShareableBytes } from './vm-plan.js';

export interface DemoVmsOptions {
  readonly log: Log;
  /** How many machines. */
  readonly count: number;
  readonly host: VmHost;
  /** /sys/kernel/mm/ksm/max_page_sharing; 256, the kernel's default, where it is not known. */
  readonly maxPageSharing?: number | undefined;
}

/**
 * `start` resolves when all but the late machine have booted; it rejects with DEMO_REFUSED, leaving none behind, when one
 * does not. A machine ends with this process however that ends.
 */
export class DemoVms {
  readonly #options: DemoVmsOptions;
  readonly #plan: readonly VmPlan[];
  readonly #running = new Map<string, Vm>();
  #root: RootFile | undefined;
  #stopping = new AbortController();

  constructor(options: DemoVmsOptions) {
    this.#options = options;
    this.#plan = vmPlan(options.count);
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController();
    const { log, host } = this.#options;
    this.#root = RootFile.make(host.busybox, VM_IMAGE_PAGES);
    log.info('demonstration machines boot', { kernel: host.kernel, qemu: host.qemu, machines: this.#plan.length });
    try {
      await Promise.all(this.#plan.filter((plan) => plan.delaySec === 0).map((plan) => this.#startOne(plan)));
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const plan of this.#plan) if (plan.delaySec > 0) void this.#startLater(plan);
  }

  /** Resolves when no machine is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#running.values()].map((vm) => vm.stop()));
    this.#root?.[Symbol.dispose]();
    this.#root = undefined;
  }

  describe(): readonly DemoGuest[] {
    return this.#plan.map(({ name, text }) => ({
      name,
      pid: this.#running.get(name)?.pid ?? null,
      text,
      shareableBytes: Math.floor(this.shareableBytes() / this.#plan.length),
    }));
  }

  /** What KSM saves at least when all machines run and everything equal is merged; bytes. */
  shareableBytes(): number {
    const { maxPageSharing = 256 } = this.#options;
    return vmShareableBytes(this.#plan.length, { maxPageSharing, useZeroPages: false });
  }

  async #startLater(plan: VmPlan): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await sleep(plan.delaySec * 1000, undefined, { signal, ref: false });
      await this.#startOne(plan);
    } catch (error) {
      if (!signal.aborted)
        this.#options.log.warn('a demonstration machine did not start', {
          guest: plan.name,
          error: formatError(error),
        });
    }
  }

  async #startOne(plan: VmPlan): Promise<void> {
    const { log, host } = this.#options;
    const vm = Vm.start({ host, name: plan.name, memoryMib: VM_MEMORY_MIB, root: this.#root?.path ?? '' });
    this.#running.set(plan.name, vm);
    void vm.ended.then((how) => {
      this.#running.delete(plan.name);
      if (!this.#stopping.signal.aborted) log.warn('a demonstration machine has ended', { guest: plan.name, how });
    });
    try {
      await vm.ready();
    } catch (error) {
      await vm.stop();
      const why = error instanceof Error ? error.message : String(error);
      throw new KsmpilotError('DEMO_REFUSED', `demonstration machine ${plan.name} does not boot: ${why}`, {
        hint: `see that ${(VM_MEMORY_MIB + 100) * this.#plan.length} MiB of memory are free, or name another kernel with --qemu-kernel.`,
      });
    }
    log.info('demonstration machine has booted', { guest: plan.name, pid: vm.pid });
    if (plan.breaksPerSec > 0) void this.#keepBusy(vm, plan.breaksPerSec);
  }

  /** Once a second, some neighbouring pages of the image at a random place. */
  async #keepBusy(vm: Vm, pages: number): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for (;;) {
        await vm.ask(`touch ${Math.floor(Math.random() * (VM_IMAGE_PAGES - pages))} ${pages}`);
        await sleep(1000, undefined, { signal, ref: false });
      }
    } catch (error) {
      if (!signal.aborted)
        this.#options.log.warn('a demonstration machine is idle now', { guest: vm.name, error: formatError(error) });
    }
  }
}
