/** Breaks KSM pages at known times; see breaker.c. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compile } from '../../test/helpers/c-program.js';
import { nextLineOf } from '../lines.js';
import { until, writeKnobs } from '../../test/helpers/knobs.js';

const SOURCE = fileURLToPath(new URL('breaker.c', import.meta.url));

export interface Breaker extends AsyncDisposable {
  /** Begins, and resolves at its end to the times of the breaks, milliseconds since the epoch, ascending. */
  run(): Promise<readonly number[]>;
}

/** Resolves when all its pages are merged and ksmd stands still, so that every break is one of those made here. */
export async function startBreaker(pages: number, periodMs: number): Promise<Breaker> {
  const program = compile(SOURCE);
  if ('why' in program) throw new Error(program.why);
  const child = spawn(program.path, [String(pages), String(Math.round(periodMs * 1000))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  const next = nextLineOf(child.stdout, 'the breaker');
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  try {
    await next();
    writeKnobs({ smart_scan: 0, pages_to_scan: 5000, sleep_millisecs: 5, run: 1 });
    await until('all pages are merged', () => mergingPages(child.pid ?? 0) >= 2 * pages, 60_000);
    writeKnobs({ run: 0 });
  } catch (error) {
    await end();
    throw error;
  }
  return {
    run: async () => {
      child.stdin.write('\n');
      const times: number[] = [];
      for (let line = await next(); line !== 'done'; line = await next()) times.push(Number(line) / 1000);
      return times;
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Of the process alone: pages of guests that have ended stay in the host's counters until ksmd comes by. */
function mergingPages(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/ksm_merging_pages`, 'utf8'));
}
