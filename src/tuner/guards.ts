/** When the tuner keeps its hands off, and how an operator gives it back the knobs. */

import type { KnobName, Knobs, Mode, Observation } from './types.js';

/** Milliseconds. A reading older than five ticks says nothing of the cap any more. */
const STALE_MS = 5000;

/** Milliseconds to wait after a refused write; doubles with each refusal in a row up to the second figure. */
const RETRY_MS = 10_000;
const MAX_RETRY_MS = 600_000;

export const KNOB_NAMES: readonly KnobName[] = ['run', 'pages_to_scan', 'sleep_millisecs', 'smart_scan'];

export interface GuardState {
  /** The knobs as we last wrote or, before that, first saw them in auto mode; null while they are not ours. */
  readonly expected: Knobs | null;
  /** Monotonic milliseconds from which readings must show `expected`. */
  readonly expectedSinceMs: number;
  /** Who moved what; set until the knobs are handed back. */
  readonly yielded: string | null;
  readonly refused: string | null;
  readonly retryAtMs: number;
  readonly refusals: number;
}

export const initialGuard: GuardState = {
  expected: null,
  expectedSinceMs: 0,
  yielded: null,
  refused: null,
  retryAtMs: 0,
  refusals: 0,
};

export interface GuardInput {
  readonly observation: Observation;
  /** Monotonic milliseconds of the reading; null when it could not be used. */
  readonly readAtMs: number | null;
  readonly mode: Mode;
  readonly paused: boolean;
  readonly mayStart: boolean;
}

/** Follows the knobs in auto mode, and notices when somebody else moves one. */
export function updateGuard(state: GuardState, input: GuardInput): GuardState {
  const { observation, readAtMs } = input;
  if (input.mode !== 'auto' || input.paused) return initialGuard;
  if (readAtMs === null || state.yielded !== null || !knobsReadable(observation.knobs)) return state;
  // While another tuner is alive the knobs are its business, and its moves are no surprise.
  if (rivalsOf(observation).length > 0) return { ...state, expected: null };
  if (state.expected === null) {
    return { ...state, expected: { ...observation.knobs }, expectedSinceMs: readAtMs };
  }
  if (readAtMs <= state.expectedSinceMs) return state;
  const { expected } = state;
  if (expected.smart_scan !== undefined && observation.knobs.smart_scan === undefined) {
    const { run, pages_to_scan, sleep_millisecs } = expected;
    return { ...state, expected: { run, pages_to_scan, sleep_millisecs } };
  }
  const moved = KNOB_NAMES.find((knob) => differs(expected[knob], observation.knobs[knob]));
  if (moved === undefined) return { ...state, expected: { ...observation.knobs } };
  return { ...state, yielded: `${moved} went from ${expected[moved]} to ${observation.knobs[moved]}` };
}

export interface Guard {
  /** Stable word for the kind of guard: the decision's reason class. */
  readonly kind: string;
  readonly reason: string;
}

/** The first guard that forbids acting, or null. Advice is given beside a rival; only writing is not. */
export function guardOf(state: GuardState, input: GuardInput): Guard | null {
  const { observation: o, mode } = input;
  if (mode === 'observe') return guard('observe', 'Observe mode: ksmpilot watches and keeps its hands off the knobs.');
  if (input.readAtMs === null || !knobsReadable(o.knobs)) {
    return guard(
      'no counters',
      'Hands off: a counter or knob in /sys/kernel/mm/ksm is missing or makes no sense; `ksmpilot doctor` names it.',
    );
  }
  if (!(o.ageMs < STALE_MS)) {
    return guard(
      'stale',
      `Hands off: the youngest reading is ${seconds(o.ageMs)} old, so the CPU cap cannot be held. ` +
        'It goes on by itself with the next complete reading; the agent log says what blocks it.',
    );
  }
  const moved = mode === 'auto' ? movedGuard(state, o) : null;
  if (moved !== null) return moved;
  if (o.knobs.run === 2) {
    return guard(
      'unmerging',
      'Hands off: somebody set run to 2, which unmerges everything. Write 0 or 1 to /sys/kernel/mm/ksm/run to end it.',
    );
  }
  if (o.knobs.run === 0 && !input.mayStart) {
    return guard(
      'may not start',
      'Hands off: run is 0 and the setting mayStart is false, so KSM stays off and nothing merges. Merging lets tenants ' +
        'learn of each other by timing; where they trust each other, set mayStart: true or write 1 to run.',
    );
  }
  return null;
}

function movedGuard(state: GuardState, o: Observation): Guard | null {
  const rivals = rivalsOf(o);
  if (rivals.length > 0) {
    return guard(
      `rival ${rivals.join(' ')}`,
      `Hands off: ${rivals.join(' and ')} steers the same knobs. ${cureOf(rivals)} ksmpilot goes on by itself then.`,
    );
  }
  if (state.yielded !== null) {
    return guard(
      `yielded ${state.yielded}`,
      `Hands off: somebody else moved a knob (${state.yielded}), so auto mode yields. ` +
        'To hand the knobs back: `ksmpilot tune auto`.',
    );
  }
  if (state.refused !== null && o.monoMs < state.retryAtMs) {
    return guard(`refused ${state.refusals}`, `Hands off for now: ${state.refused}`);
  }
  return null;
}

/** Other tuners by name, the kernel's own among them. */
export function rivalsOf(o: Observation): readonly string[] {
  const advisor = o.advisorMode !== null && o.advisorMode !== 'none';
  return advisor ? [...o.rivals, `the kernel's advisor (${o.advisorMode})`] : o.rivals;
}

function cureOf(rivals: readonly string[]): string {
  const advisor = rivals.some((name) => name.startsWith("the kernel's advisor"));
  return advisor
    ? 'Write none to /sys/kernel/mm/ksm/advisor_mode, or keep the advisor and `ksmpilot tune advise`.'
    : `Stop it (for a service: systemctl stop ${rivals[0] ?? ''}), or keep it and \`ksmpilot tune advise\`.`;
}

/** A refusal backs off; success forgets earlier refusals. */
export function noteRefusal(state: GuardState, text: string, monoMs: number): GuardState {
  const refusals = Math.min(state.refusals + 1, 16);
  const waitMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** (refusals - 1));
  return { ...state, refused: `${text} Next try in ${seconds(waitMs)}.`, retryAtMs: monoMs + waitMs, refusals };
}

export function knobsReadable(knobs: Knobs): boolean {
  const whole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
  const { run, pages_to_scan, sleep_millisecs, smart_scan = 0 } = knobs;
  return [run, pages_to_scan, sleep_millisecs, smart_scan].every(whole) && run <= 2;
}

/** A knob that this kernel or the settings do not have is nobody's move. */
function differs(expected: number | undefined, observed: number | undefined): boolean {
  return expected !== undefined && observed !== undefined && expected !== observed;
}

function guard(kind: string, reason: string): Guard {
  return { kind, reason };
}

function seconds(ms: number): string {
  return Number.isFinite(ms) ? `${Math.round(ms / 1000)} s` : 'an unknown time';
}
