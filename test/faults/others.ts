/** Somebody else turns the same knobs. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readKsm, writeKnobs } from '../helpers/knobs.js';
import type { Fault } from './fault.js';
import { BEFORE, type Rig } from './rig.js';

async function yields(rig: Rig): Promise<void> {
  await rig.until('auto mode yields', async () => (await rig.status()).decision?.phase === 'hands-off');
}

export const runZero: Fault = {
  id: 'run-zero',
  what: 'somebody writes 0 to `run`',
  holds: 'auto mode yields, gives the other knobs back at once, and `run` stays 0',
  times: { short: 1, long: 20 },
  async run(rig, times) {
    for (let done = 0; done < times; done += 1) {
      await rig.tune('--no-probes');
      await rig.until('ksmd runs', () => readKsm('run') === 1);
      writeKnobs({ run: 0 });
      await yields(rig);
      for (let look = 0; look < 20; look += 1) {
        rig.checkGivenBack();
        await sleep(100);
      }
      await rig.lives();
      if (done < times - 1) await rig.end();
    }
    await rig.finish();
    return '';
  },
};

/** As ksmtuned of RHEL and Proxmox VE does each minute, only more often. */
const KSMTUNED = `while :; do
  for pages in 211 223; do echo $pages >/sys/kernel/mm/ksm/pages_to_scan; sleep 0.3; done
done`;

export const ksmtuned: Fault = {
  id: 'ksmtuned',
  what: 'a script named ksmtuned moves `pages_to_scan` all the time',
  holds:
    'auto mode yields and writes nothing more; the other knobs are given back, that one is left as ksmtuned has it',
  times: { short: 1, long: 10 },
  async run(rig, times) {
    const dir = mkdtempSync(join(tmpdir(), 'ksmpilot-fault-'));
    const script = join(dir, 'ksmtuned');
    writeFileSync(script, KSMTUNED);
    try {
      for (let done = 0; done < times; done += 1) {
        await rig.tune('--no-probes');
        const rival = spawn('sh', [script], { stdio: 'ignore' });
        const ended = once(rival, 'close');
        try {
          await yields(rig);
          for (let look = 0; look < 50; look += 1) {
            const pages = readKsm('pages_to_scan');
            if (pages !== 211 && pages !== 223) throw new Error(`pages_to_scan is ${pages}: not ksmtuned's`);
            rig.checkGivenBack({ pages_to_scan: readKsm('pages_to_scan') });
            await sleep(100);
          }
        } finally {
          rival.kill('SIGKILL');
          await ended;
        }
        await rig.lives(['pages_to_scan']);
        const left = { pages_to_scan: readKsm('pages_to_scan') };
        if (done === times - 1) await rig.finish(left);
        else await rig.end();
        rig.checkGivenBack(left);
        writeKnobs(BEFORE);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
    return '';
  },
};

export const advisor: Fault = {
  id: 'advisor',
  what: "somebody switches the kernel's own advisor on (`advisor_mode`)",
  holds: 'auto mode yields; the advisor stays on, `pages_to_scan` is left to it, the other knobs are given back',
  times: { short: 1, long: 10 },
  async run(rig, times) {
    for (let done = 0; done < times; done += 1) {
      await rig.tune('--no-probes');
      writeKnobs({ advisor_mode: 'scan-time' });
      try {
        await yields(rig);
        await sleep(2000);
        await rig.lives(['pages_to_scan']);
        await rig.end();
        rig.checkGivenBack({ pages_to_scan: readKsm('pages_to_scan') });
        if (rig.advisorMode() !== 'scan-time') throw new Error(`advisor_mode is ${rig.advisorMode()}`);
      } finally {
        writeKnobs({ advisor_mode: 'none', ...BEFORE });
      }
    }
    await rig.tune('--no-probes');
    await rig.finish();
    return '';
  },
};
