/**
 * Who broke what. At do_wp_page every break is one count of its kind. At page faults a break in a process with a virtual
 * machine is seen twice: as a page fault where a thread of the process or the kernel wrote, and, whoever wrote, as
 * kvm_unmap_hva_range. So what the second count exceeds the first by since the machine exists are the guest's own
 * writes, and the sum counts every break once.
 */

import type { ProcessCounts } from './window.js';

export interface Breaks {
  readonly user: number;
  readonly kernel: number;
  readonly guest: number;
  /** At do_wp_page only, as the next two. */
  readonly remote: number;
  readonly unmerge: number;
  readonly pin: number;
  /** Of zero pages placed by KSM: not part of cow_ksm. */
  readonly zero: number;
}

export class Attribution {
  /** Page-fault counts of a process before its first kvm_unmap_hva_range hit. */
  readonly #before = new Map<number, { readonly breaks: number; readonly zero: number }>();

  /** To be called with every frame, so that the last counts before a machine's first hit are known. */
  note(rows: ReadonlyMap<number, ProcessCounts>): void {
    for (const [pid, row] of rows) {
      const known = this.#before.get(pid);
      const breaks = row.guest === 0 ? row.user + row.kernel : (known?.breaks ?? 0);
      const zero = row.guestZero === 0 ? row.zero : (known?.zero ?? 0);
      this.#before.set(pid, { breaks, zero });
    }
  }

  breaksOf(pid: number, row: ProcessCounts): Breaks {
    const before = this.#before.get(pid) ?? { breaks: 0, zero: 0 };
    return {
      user: row.user,
      kernel: row.kernel,
      guest: row.guestWrite + Math.max(0, row.guest - (row.user + row.kernel - before.breaks)),
      remote: row.remote,
      unmerge: row.unmerge,
      pin: row.pin,
      zero: row.zero + Math.max(0, row.guestZero - (row.zero - before.zero)),
    };
  }
}
