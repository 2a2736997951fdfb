/** The side-channel watch as text and as JSON. Pure. */

import type { SideChannel__Output } from '../../proto/generated/ksmpilot/v1/SideChannel.js';
import type { Suspect__Output } from '../../proto/generated/ksmpilot/v1/Suspect.js';
import { printable } from './format.js';

const OLD_AGENT = 'The agent is of a version without the side-channel watch.';

/** `showsAll`: guests that are not suspicious, too. */
export function suspectsText(watch: SideChannel__Output | null, showsAll: boolean): string {
  if (watch === null) return `${OLD_AGENT}\n`;
  const shown = watch.suspects.filter(({ suspicious }) => suspicious || showsAll);
  const nobody = watch.state === 'on' ? ['No guest is suspicious.'] : [];
  const lines = [...stateLines(watch), '', ...(shown.length === 0 ? nobody : shown.flatMap(suspectLines))];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Absent figures are null. */
export function suspectsJson(watch: SideChannel__Output | null): Readonly<Record<string, unknown>> {
  if (watch === null) return { state: null, detail: OLD_AGENT, suspects: [] };
  return {
    state: watch.state,
    detail: watch.detail,
    threshold: watch.threshold,
    one_in: watch.one_in ?? null,
    found_from: watch.found_from ?? null,
    pages: watch.pages ?? null,
    missed: watch.missed ?? null,
    slowest_sec: watch.slowest_sec ?? null,
    suspects: watch.suspects.map((suspect) => ({ ...suspect, since_ms: suspect.since_ms ?? null })),
  };
}

function stateLines(watch: SideChannel__Output): string[] {
  const { state, detail, found_from, slowest_sec, missed } = watch;
  if (state !== 'on') return [`Side-channel watch: ${printable(detail)}`];
  const reach =
    found_from === undefined || slowest_sec === undefined
      ? []
      : [
          `Found with 95 %: ${found_from} right guesses, written in one sweep four times, each within ${Math.round(slowest_sec)} s.`,
        ];
  const lost = missed === undefined || missed === 0 ? [] : [`${missed} breaks of watched pages found no room.`];
  return [`Side-channel watch: on, ${printable(detail)}.`, ...reach, ...lost];
}

function suspectLines({ name, key, score, suspicious, since_ms, text }: Suspect__Output): string[] {
  const since = since_ms === undefined ? '' : ` since ${new Date(since_ms).toISOString().slice(0, 19)}Z`;
  const verdict = suspicious ? `suspicious${since}` : 'not suspicious';
  return [`${printable(name)} (${printable(key)}): ${verdict}, score ${score.toFixed(2)}`, `  ${printable(text)}`, ''];
}
