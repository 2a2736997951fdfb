/** All faults, in the order of docs/reliability.md. */

import { clockJumps } from './clock.js';
import { diskFullHistory, diskFullState } from './disk.js';
import type { Fault } from './fault.js';
import { killAgent, killBpftrace, killWeb } from './kill.js';
import { descriptors, frozen, memoryLimit } from './limits.js';
import { advisor, ksmtuned, runZero } from './others.js';
import { silentReaders } from './readers.js';
import { sysfsGarbage, sysfsGone, sysfsRefuses } from './sysfs.js';

export const FAULTS: readonly Fault[] = [
  killAgent,
  killBpftrace,
  killWeb,
  sysfsGone,
  sysfsGarbage,
  sysfsRefuses,
  diskFullHistory,
  diskFullState,
  runZero,
  ksmtuned,
  advisor,
  clockJumps,
  silentReaders,
  descriptors,
  memoryLimit,
  frozen,
];
