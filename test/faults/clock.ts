/** The clock jumps: the agent's own, by a library loaded before libc's; that of the host is never touched. */

import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';

const HOUR_SEC = 3600;
const JUMPS = [-20 * 365 * 24, -365 * 24, -24, -1, 1, 24, 365 * 24, 73 * 365 * 24].map((hours) => hours * HOUR_SEC);

export const clockJumps: Fault = {
  id: 'clock-jumps',
  what: 'the wall clock jumps by an hour, a day, a year or decades, there and back',
  holds: 'samples go on, the tuner holds its knobs, and what was recorded before the jump is still there',
  times: { short: 4, long: 100 },
  async run(rig, times, random) {
    const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-clock-'));
    try {
      const library = join(dir, 'clock.so');
      execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'clock.c')]);
      const file = join(dir, 'offset');
      const clock = openSync(file, 'w');
      const jump = (seconds: number): void => {
        writeSync(clock, new BigInt64Array([BigInt(seconds)]), 0, 8, 0);
      };
      jump(0);
      await rig.relaunch(['env', `LD_PRELOAD=${library}`, `KSMPILOT_CLOCK=${file}`]);
      const startMs = Date.now();
      await rig.tune('--no-probes');
      for (let done = 0; done < times; done += 1) {
        const seconds = JUMPS[Math.floor(random() * JUMPS.length)] ?? 0;
        jump(seconds);
        await sleep(1000 + random() * 1000);
        const { sample } = await rig.lives();
        const offSec = ((sample?.time_ms ?? 0) - Date.now()) / 1000 - seconds;
        if (Math.abs(offSec) > 60) throw new Error(`the agent's clock did not jump: it is ${offSec} s off`);
        await rig.history();
        jump(0);
        await sleep(random() * 1000);
        await rig.lives();
      }
      const { time_ms } = await rig.history({ from_ms: startMs, to_ms: Date.now(), points: 5000 });
      const first = time_ms[0];
      // The resolution is a minute at the coarsest here.
      if (first === undefined || first > startMs + 60_000)
        throw new Error(`the history from ${startMs} on begins at ${String(first)}`);
      closeSync(clock);
      await rig.finish();
    } finally {
      rmSync(dir, { recursive: true });
    }
    return '';
  },
};
