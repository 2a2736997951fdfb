/** Many small guests in processes of their own; see guests.c. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from '../../test/helpers/c-program.js';

const SOURCE = fileURLToPath(new URL('guests.c', import.meta.url));

/** By this name ksmpilot knows a virtual machine. */
const GUEST_PROGRAM = 'qemu-system-x86_64';

export interface Guests extends AsyncDisposable {
  /** Of the process that started them. */
  readonly pid: number;
}

/**
 * Resolves when all have filled their memory. They end with this process, whatever ends that.
 *
 * @param kib memory of each, offered to KSM
 * @param first number in the name of the first
 */
export async function startGuests(count: number, kib: number, first = 1): Promise<Guests> {
  const program = compile(SOURCE);
  if ('why' in program) throw new Error(program.why);
  const folder = mkdtempSync(join(tmpdir(), 'ksmpilot-guests-'));
  const named = join(folder, GUEST_PROGRAM);
  copyFileSync(program.path, named);
  const child = spawn(program.path, ['run', named, ...[count, kib, first].map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const end = async (): Promise<void> => {
    child.stdin.end();
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  const ended = closed.then(([code]) => Promise.reject(new Error(`the guests ended with ${String(code)}`)));
  ended.catch(() => undefined);
  try {
    await Promise.race([once(child.stdout, 'data'), ended]);
  } catch (error) {
    await end();
    throw error;
  }
  return { pid: child.pid ?? 0, [Symbol.asyncDispose]: end };
}
