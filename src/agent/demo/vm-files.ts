/** The archive that machines boot from, as a file without a name: it is gone when we are, however we end. */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KsmpilotError } from '../errors.js';
import { vmRoot } from './vm-root.js';

export class RootFile implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** @throws KsmpilotError DEMO_REFUSED where there is no room for it */
  static make(busybox: string, imagePages: number): RootFile {
    let folder: string | undefined;
    try {
      folder = mkdtempSync(join(tmpdir(), 'ksmpilot-'));
      const fd = openSync(join(folder, 'root.cpio'), 'wx+', 0o600);
      const bytes = vmRoot(readFileSync(busybox), imagePages);
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
      return new RootFile(fd);
    } catch (error) {
      throw new KsmpilotError('DEMO_REFUSED', `the machines' root file system cannot be written: ${String(error)}`, {
        hint: `see that ${tmpdir()} can be written to and has room for ${Math.ceil((imagePages * 4096) / 2 ** 20) + 4} MiB.`,
      });
    } finally {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** For our children, as long as it is not disposed of. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
