import { spawn } from 'node:child_process';
import { takeKernelLock } from '../../test/helpers/kernel-lock.js';

/** Others may run whole suites of kernel tests meanwhile. */
const WAIT_MS = 3 * 3600_000;

/**
 * The right to use this machine's KSM: the lock of the kernel tests, and where the environment names a file in KSM_LOCK,
 * that too as flock(1) takes it, for machines on which other work is kept apart that way. Both go with this process.
 * KSMPILOT_KERNEL_LOCKED=1: whoever started this process holds it all, as the kernel tests do.
 *
 * @returns what gives them back
 */
export async function takeMachine(signal: AbortSignal): Promise<() => Promise<void>> {
  if (process.env['KSMPILOT_KERNEL_LOCKED'] === '1') return () => Promise.resolve();
  const file = process.env['KSM_LOCK'];
  const releaseFile = file === undefined || file === '' ? undefined : await flock(file, signal);
  try {
    const releaseKernel = await orAbort(takeKernelLock({ timeoutMs: WAIT_MS }), signal);
    return async () => {
      releaseKernel();
      await releaseFile?.();
    };
  } catch (error) {
    await releaseFile?.();
    throw error;
  }
}

/** Held by a child of its own process group, so that Ctrl-C does not end it; it ends with our end of its stdin. */
async function flock(file: string, signal: AbortSignal): Promise<() => Promise<void>> {
  const child = spawn('flock', [file, '/bin/sh', '-c', 'echo held; exec cat >/dev/null'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const held = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`flock ${file} ended with ${String(code)}`)));
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  try {
    await orAbort(held, signal);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return async () => {
    child.stdin.end();
    await ended;
  };
}

/** The promise, or the abort if that comes first; a lock that comes after it goes with the process. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        onAbort = () => reject(signal.reason as Error);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
    ]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
