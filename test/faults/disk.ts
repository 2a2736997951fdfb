/** No room left: for the history, and for the baseline, the lock and the audit log. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';

/** Until not one byte more goes in; dd ends with ENOSPC, which is what is wanted. */
const FILL = 'dd if=/dev/zero of="$1/filler" bs=64k 2>/dev/null || true; printf x >>"$1/filler" 2>/dev/null || true';
const FREE = 'rm -f "$1/filler"';

export const diskFullHistory: Fault = {
  id: 'disk-full-history',
  what: 'the disk of the history is full',
  holds: 'the agent tunes on and names the cause (HISTORY_DISK_FULL); with room again the history goes on',
  times: { short: 1, long: 10 },
  async run(rig, times) {
    const dir = rig.agent.stateDir;
    rig.cell.shell('mount -t tmpfs -o size=3m,mode=700 none "$1"', dir);
    await rig.tune('--no-probes');
    for (let done = 0; done < times; done += 1) {
      rig.cell.shell(FILL, dir);
      await rig.until('the history tells that the disk is full', async () =>
        (await rig.history()).problem.includes('room'),
      );
      const { problems } = await rig.host();
      if (!problems.some(({ code }) => code === 'HISTORY_DISK_FULL'))
        throw new Error(`the host does not tell: ${JSON.stringify(problems)}`);
      await rig.lives();
      rig.cell.shell(FREE, dir);
      await rig.until('the history goes on', async () => (await rig.history()).problem === '');
    }
    await rig.finish();
    return '';
  },
};

export const diskFullState: Fault = {
  id: 'disk-full-state',
  what: 'the disk of baseline, lock and audit log is full, before the agent starts or while it tunes',
  holds: 'no knob is moved without a saved baseline; what was moved is put back at the end',
  times: { short: 2, long: 20 },
  async run(rig, times, random) {
    let moved = 0;
    for (let done = 0; done < times; done += 1) {
      if (done % 2 === 0) {
        await rig.tune('--no-probes');
        rig.cell.shell(FILL, '/run');
        await sleep(2000 + random() * 2000);
        await rig.lives();
        // Written down in the audit log, which has no room.
        await rig.agent.ask('tune', 'pause');
        await rig.agent.ask('tune', 'resume');
        await rig.lives();
        await rig.end();
      } else {
        rig.cell.shell(FILL, '/run');
        const outcome = await rig.run('--no-probes', '--mode', 'auto', '--interval', '500').then(
          () => 'runs',
          (error: unknown) => String(error),
        );
        if (outcome === 'runs') {
          await sleep(3000);
          rig.checkKnobs();
          if (rig.hasMoved()) moved += 1;
          await rig.end();
        } else if (!/[A-Z]+_[A-Z_]+: .*Hint: /s.test(outcome)) throw new Error(`ended without a cure: ${outcome}`);
      }
      rig.checkGivenBack();
      rig.cell.shell(FREE, '/run');
    }
    await rig.tune('--no-probes');
    await rig.finish();
    return `it started without room ${moved} times`;
  },
};
