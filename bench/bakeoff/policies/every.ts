import type { RunningPolicy } from '../types.js';

/**
 * Calls `job` each `intervalMs`, for the first time one interval from now, until it is stopped or the signal is aborted.
 * What `job` throws ends the whole run: a cell whose policy failed half way measures nothing.
 */
export function every(intervalMs: number, signal: AbortSignal, job: () => void): RunningPolicy {
  const timer = signal.aborted ? undefined : setInterval(job, intervalMs);
  const end = (): void => {
    clearInterval(timer);
    signal.removeEventListener('abort', end);
  };
  signal.addEventListener('abort', end);
  return {
    stop() {
      end();
      return Promise.resolve();
    },
  };
}
