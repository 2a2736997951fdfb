/** Labels of a time axis: whole local seconds, minutes, hours, days or months, as many as fit. Pure. */

export interface TimeTick {
  readonly timeMs: number;
  readonly label: string;
}

const SECOND = 1_000;
const DAY_SEC = 86_400;
/** Steps within a day, seconds; all divide it. */
const WITHIN_DAY = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];
const DAYS = [1, 2, 7, 14];
const MONTHS = [1, 2, 3, 6, 12];
const NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** At most `most` ticks from `fromMs` to `toMs`, in local time. */
export function timeTicks(fromMs: number, toMs: number, most: number): readonly TimeTick[] {
  const spanSec = (toMs - fromMs) / SECOND;
  if (!(spanSec > 0) || most < 1) return [];
  const within = WITHIN_DAY.find((step) => spanSec / step <= most);
  if (within !== undefined) return ticksWithinDays(fromMs, toMs, within);
  const days = DAYS.find((step) => spanSec / DAY_SEC / step <= most);
  if (days !== undefined) return ticksByDay(fromMs, toMs, days);
  const months = MONTHS.find((step) => spanSec / DAY_SEC / 30 / step <= most) ?? 24;
  return ticksByMonth(fromMs, toMs, months);
}

/** From each midnight on, so that the steps stay whole hours of the clock where it is changed. */
function ticksWithinDays(fromMs: number, toMs: number, stepSec: number): TimeTick[] {
  const ticks: TimeTick[] = [];
  const day = startOfDay(fromMs);
  while (day.getTime() <= toMs) {
    const midnight = day.getTime();
    day.setDate(day.getDate() + 1);
    const first = Math.max(0, Math.ceil((fromMs - midnight) / SECOND / stepSec));
    for (let index = first; ; index += 1) {
      const timeMs = localTime(midnight, index * stepSec);
      if (timeMs > toMs || timeMs >= day.getTime()) break;
      if (timeMs < fromMs) continue;
      ticks.push({ timeMs, label: index === 0 ? dayLabel(timeMs) : clockLabel(timeMs, stepSec < 60) });
    }
  }
  return ticks;
}

/** `sec` on the clock of the day that begins at `midnightMs`. */
function localTime(midnightMs: number, sec: number): number {
  const at = new Date(midnightMs);
  at.setHours(0, 0, sec, 0);
  return at.getTime();
}

function ticksByDay(fromMs: number, toMs: number, step: number): TimeTick[] {
  const ticks: TimeTick[] = [];
  const day = startOfDay(fromMs);
  // Counted from a Monday, so that the same days are marked while the span moves on.
  const count = Math.round(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / (DAY_SEC * SECOND)) - 4;
  day.setDate(day.getDate() + ((step - (((count % step) + step) % step)) % step));
  for (; day.getTime() <= toMs; day.setDate(day.getDate() + step)) {
    if (day.getTime() >= fromMs) ticks.push({ timeMs: day.getTime(), label: dayLabel(day.getTime()) });
  }
  return ticks;
}

function ticksByMonth(fromMs: number, toMs: number, step: number): TimeTick[] {
  const ticks: TimeTick[] = [];
  const from = new Date(fromMs);
  const at = new Date(from.getFullYear(), 0, 1);
  for (; at.getTime() <= toMs; at.setMonth(at.getMonth() + step)) {
    if (at.getTime() < fromMs) continue;
    ticks.push({ timeMs: at.getTime(), label: `${NAMES[at.getMonth()] ?? ''} ${at.getFullYear()}` });
  }
  return ticks;
}

function startOfDay(timeMs: number): Date {
  const at = new Date(timeMs);
  at.setHours(0, 0, 0, 0);
  return at;
}

function clockLabel(timeMs: number, withSeconds: boolean): string {
  const at = new Date(timeMs);
  const parts = [at.getHours(), at.getMinutes(), ...(withSeconds ? [at.getSeconds()] : [])];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

function dayLabel(timeMs: number): string {
  const at = new Date(timeMs);
  return `${at.getDate()} ${NAMES[at.getMonth()] ?? ''}`;
}
