/** What the agent reads and writes goes away, turns to garbage, or is refused, while it tunes. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import type { Rig } from './rig.js';

const KSM = '/sys/kernel/mm/ksm';
const LIFT = `umount -l ${KSM}`;

/** The kernel's files are there, and none holds what it should; a folder cannot be read at all (EISDIR). */
const GARBAGE = `
  kinds=$1; dir=$(mktemp -d /run/garbage.XXXXXX); at=0
  for file in ${KSM}/*; do
    name=$(basename "$file"); at=$((at % 5 + 1))
    case $(echo "$kinds" | cut -c$at) in
      0) : >"$dir/$name" ;;
      1) head -c 64 /dev/urandom >"$dir/$name" ;;
      2) mkdir "$dir/$name" ;;
      3) echo "-1 [none scan-time" >"$dir/$name" ;;
      *) head -c 20000 /dev/zero | tr '\\0' x >"$dir/$name" ;;
    esac
  done
  mount --bind "$dir" ${KSM}`;

export const sysfsGone: Fault = {
  id: 'sysfs-gone',
  what: `${KSM} vanishes while the agent tunes, and comes back`,
  holds: 'it says so and tunes on afterwards; ended meanwhile, it keeps the baseline, and `ksmpilot restore` puts back',
  times: { short: 2, long: 20 },
  run: (rig, times, random) => hidden(rig, times, random, () => rig.cell.shell(`mount -t tmpfs none ${KSM}`)),
};

export const sysfsGarbage: Fault = {
  id: 'sysfs-garbage',
  what: `the files of ${KSM} are empty, random bytes, far too long, or cannot be read`,
  holds: 'as above',
  times: { short: 2, long: 20 },
  run: (rig, times, random) => {
    const kinds = (): string => Array.from({ length: 5 }, () => Math.floor(random() * 5)).join('');
    return hidden(rig, times, random, () => rig.cell.shell(GARBAGE, kinds()));
  },
};

export const sysfsRefuses: Fault = {
  id: 'sysfs-refuses',
  what: `every write to ${KSM} is refused (EROFS)`,
  holds: 'as above',
  times: { short: 2, long: 20 },
  run: (rig, times, random) =>
    hidden(rig, times, random, () => rig.cell.shell(`mount --bind ${KSM} ${KSM} && mount -o remount,bind,ro ${KSM}`)),
};

/** Every second time the agent is told to end while it lasts. */
async function hidden(rig: Rig, times: number, random: () => number, hide: () => void): Promise<string> {
  let kept = 0;
  await rig.tune('--no-probes');
  for (let done = 0; done < times; done += 1) {
    hide();
    await sleep(1000 + random() * 2000);
    await rig.status();
    rig.checkMemory();
    rig.checkKnobs();
    if (done % 2 === 0) {
      rig.cell.shell(LIFT);
      await rig.lives();
      await rig.until('it tunes', () => rig.hasMoved());
      continue;
    }
    const code = await rig.agent.end('SIGTERM');
    rig.checkKnobs();
    rig.cell.shell(LIFT);
    if (rig.hasMoved()) {
      kept += 1;
      if (code !== 1) throw new Error(`knobs were not put back, and the agent ended with ${String(code)}`);
      rig.restore();
    }
    rig.checkGivenBack();
    await rig.tune('--no-probes');
  }
  await rig.finish();
  return kept > 0 ? `the baseline was needed ${kept} times` : '';
}
