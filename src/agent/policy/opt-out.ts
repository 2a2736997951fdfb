/** Does a guest's merging pay? Told from counters over a time, never from a moment. Pure. */

import type { PolicyGuest } from './policy-guest.js';
import type { OptOutSettings } from './settings.js';

/** Fewer breaks in the time watched say nothing of a ratio. */
const LEAST_BREAKS = 100;

/** Once watched, a guest is let go only when it is worth this much more than the limit, in cores: a hundredth of a per cent
 * of a big host, and far above what rounding of one sample makes. */
const WORTH_SLACK = 0.002;

/** Since when it has looked as if merging does not pay, and the counters then. */
export interface OptOutWatch {
  readonly sinceMs: number;
  readonly merges: number;
  readonly breaks: number;
}

export interface OptOutFinding {
  /** undefined: nothing to watch. */
  readonly watch: OptOutWatch | undefined;
  /** `soon`: will be switched off at `dueMs` if it goes on like that. */
  readonly verdict: 'pays' | 'watched' | 'soon' | 'now';
  /** One sentence with the figures. */
  readonly reason: string;
  readonly dueMs: number | undefined;
}

const PAYS: OptOutFinding = { watch: undefined, verdict: 'pays', reason: '', dueMs: undefined };

/** What is not known never speaks against a guest. */
export function judgeOptOut(
  guest: PolicyGuest,
  before: OptOutWatch | undefined,
  settings: OptOutSettings,
  nowMs: number,
): OptOutFinding {
  const { worthCores, mergesTotal: merges, cowBreaksTotal: breaks, mergeLifetimeP50Sec: lifetime } = guest;
  if (!settings.enabled || worthCores === null || merges === null || breaks === null) return PAYS;
  const limit = settings.maxWorthCores + (before === undefined ? 0 : WORTH_SLACK);
  if (worthCores > limit) return PAYS;
  if (lifetime !== null && lifetime > settings.maxLifetimeSec) return PAYS;
  const fresh: OptOutWatch = { sinceMs: nowMs, merges, breaks };
  // Counters that went back were reset: what they counted since is not known.
  const watch = before === undefined || merges < before.merges || breaks < before.breaks ? fresh : before;
  const dueMs = watch.sinceMs + settings.afterSec * 1000;
  const [made, broken] = [merges - watch.merges, breaks - watch.breaks];
  const bad = broken >= LEAST_BREAKS && broken >= settings.minBreakRatio * made;
  const forMin = Math.round((nowMs - watch.sinceMs) / 60_000);
  const reason =
    `in ${forMin} min ${broken} COW breaks came on ${made} merges, and merging is worth ${worthCores.toFixed(3)} cores` +
    (lifetime === null ? '; how long its merges live is not known' : `; half of them end within ${lifetime} s`);
  if (nowMs >= dueMs) {
    // A whole time in which breaks were few: the next one is watched from its own start.
    return bad
      ? { watch, verdict: 'now', reason, dueMs }
      : { watch: fresh, verdict: 'watched', reason: '', dueMs: undefined };
  }
  const told = bad && nowMs >= dueMs - settings.noticeSec * 1000;
  return { watch, verdict: told ? 'soon' : 'watched', reason, dueMs: bad ? dueMs : undefined };
}
