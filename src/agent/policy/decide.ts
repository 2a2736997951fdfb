/** From what guests there are and what the operator wants to what is to be switched, each with its reason. Pure. */

import { chooseHolder, groupOf, type Holder } from './groups.js';
import { judgeOptOut, type OptOutWatch } from './opt-out.js';
import { matches, type Pattern } from './pattern.js';
import type { PolicyAction, PolicyGuest, PolicyRule } from './policy-guest.js';
import type { PolicySettings } from './settings.js';
import type { PolicyState } from './state.js';

/** Most guests switched in one turn. Each copies its merged memory while it stands still. */
const SWITCHES_MAX = 4;

/** Between two guests whose merging does not pay: nothing is urgent there, and each changes what the others are worth. */
const OPT_OUT_GAP_MS = 60_000;

/**
 * Something to be told once. `soon`: will be switched off if it goes on so. `by-hand`: ksmpilot cannot switch it. `left`:
 * an operator has set it, and he has the last word.
 */
export interface PolicyNotice {
  readonly key: string;
  readonly name: string;
  readonly what: 'soon' | 'by-hand' | 'left';
  readonly rule: PolicyRule;
  readonly reason: string;
}

/** How one guest stands with the policy. */
export interface PolicyRow {
  readonly guest: PolicyGuest;
  readonly group: string | undefined;
  /** What its memory is to be; `leave`: as it is. */
  readonly wish: 'off' | 'leave';
  readonly rule: PolicyRule | undefined;
  readonly reason: string;
  /**
   * `fits`: nothing to do. `held`: off by the policy. `operator`, `by-hand`: as PolicyNotice. `waits`: failed, or its
   * turn has not come. `watched`, `soon`: merging seems not to pay.
   */
  readonly standing: 'fits' | 'held' | 'switch' | 'operator' | 'by-hand' | 'waits' | 'watched' | 'soon';
  /** When it will be switched off if it goes on so, milliseconds of the clock that `decide` is given. */
  readonly dueMs: number | undefined;
}

export interface PolicyInput {
  readonly guests: readonly PolicyGuest[];
  readonly settings: PolicySettings;
  readonly state: PolicyState;
  /** Any clock that does not jump, milliseconds. */
  readonly nowMs: number;
}

export interface PolicyDecision {
  readonly state: PolicyState;
  /** The most urgent first. */
  readonly actions: readonly PolicyAction[];
  readonly notices: readonly PolicyNotice[];
  readonly rows: readonly PolicyRow[];
}

export function decide({ guests, settings, state, nowMs }: PolicyInput): PolicyDecision {
  const grouped = new Map(guests.map((guest) => [guest.key, groupOf(guest, settings.groups)]));
  const never = new Map(
    guests.map((guest) => [guest.key, neverPattern(guest, grouped.get(guest.key), settings.neverMerge)]),
  );
  const holder = holderAmong(guests, { grouped, never, settings, state, nowMs });
  const watches = new Map<string, OptOutWatch>();
  const rows = guests.map((guest): PolicyRow => {
    const group = grouped.get(guest.key);
    const pattern = never.get(guest.key);
    if (pattern !== undefined) {
      const reason = `it fits ${shown(pattern)} of guests.neverMerge`;
      return ruled(guest, group, { rule: 'never-merge', reason }, state, nowMs);
    }
    if (group !== undefined && holder !== undefined && group !== holder.group) {
      const reason = `it is of the group ${group}, and on this host the group ${holder.group} merges`;
      return ruled(guest, group, { rule: 'group', reason }, state, nowMs);
    }
    return paying(guest, group, { settings, state, nowMs, watches });
  });
  const keys = new Set(guests.map(({ key }) => key));
  const notices = rows.flatMap(noticeOf).filter((notice) => state.told.get(notice.key) !== sayingOf(notice));
  return {
    rows,
    notices,
    actions: actionsOf(rows, state, nowMs),
    state: {
      holder,
      watches,
      optedOut: only(keys, state.optedOut),
      waiting: only(keys, state.waiting),
      told: new Map([...only(keys, state.told), ...notices.map((one) => [one.key, sayingOf(one)] as const)]),
      lastOptOutMs: state.lastOptOutMs,
    },
  };
}

interface Groups {
  readonly grouped: ReadonlyMap<string, string | undefined>;
  readonly never: ReadonlyMap<string, Pattern | undefined>;
  readonly settings: PolicySettings;
  readonly state: PolicyState;
  readonly nowMs: number;
}

function holderAmong(guests: readonly PolicyGuest[], { grouped, never, settings, state, nowMs }: Groups) {
  const members = new Map<string, PolicyGuest[]>();
  for (const guest of guests) {
    const group = grouped.get(guest.key);
    if (group === undefined || never.get(guest.key) !== undefined) continue;
    const others = members.get(group);
    if (others === undefined) members.set(group, [guest]);
    else others.push(guest);
  }
  return chooseHolder(settings.groups, members, state.holder, nowMs) satisfies Holder | undefined;
}

function neverPattern(
  { name, id, identity, kind }: PolicyGuest,
  group: string | undefined,
  patterns: readonly Pattern[],
): Pattern | undefined {
  return patterns.find((pattern) => matches(pattern, { name, id, identity, kind, group }));
}

interface Wish {
  readonly rule: PolicyRule;
  readonly reason: string;
}

/** A guest that is not to merge. */
function ruled(
  guest: PolicyGuest,
  group: string | undefined,
  wish: Wish,
  state: PolicyState,
  nowMs: number,
): PolicyRow {
  const row = { guest, group, wish: 'off', ...wish, dueMs: undefined } as const;
  if (guest.heldBy === 'operator') return { ...row, standing: 'operator' };
  if (guest.heldBy === 'policy') return { ...row, standing: 'held' };
  if (guest.merge === 'off') return { ...row, standing: 'fits' };
  if (guest.control?.switchable === false) {
    return { ...row, standing: 'by-hand', reason: `${wish.reason}. ${guest.control.why}` };
  }
  const isWaiting = guest.control === null || nowMs < (state.waiting.get(guest.key)?.untilMs ?? -Infinity);
  return { ...row, standing: isWaiting ? 'waits' : 'switch' };
}

interface Watching {
  readonly settings: PolicySettings;
  readonly state: PolicyState;
  readonly nowMs: number;
  /** Filled here. */
  readonly watches: Map<string, OptOutWatch>;
}

/** A guest against whose merging nothing speaks but, perhaps, that it does not pay. */
function paying(
  guest: PolicyGuest,
  group: string | undefined,
  { settings, state, nowMs, watches }: Watching,
): PolicyRow {
  const leave = { guest, group, wish: 'leave', rule: undefined, dueMs: undefined } as const;
  const { optOut } = settings;
  const offSince = state.optedOut.get(guest.key);
  if (guest.heldBy === 'policy') {
    const stays = optOut.enabled && offSince !== undefined;
    if (stays && (optOut.retrySec === 0 || nowMs < offSince + optOut.retrySec * 1000)) {
      const reason = 'its merging did not pay';
      const dueMs = optOut.retrySec === 0 ? undefined : offSince + optOut.retrySec * 1000;
      return { ...leave, wish: 'off', rule: 'opt-out', reason, standing: 'held', dueMs };
    }
    const reason = stays ? 'its merging gets another try' : 'nothing is against its merging any more';
    const isWaiting = nowMs < (state.waiting.get(guest.key)?.untilMs ?? -Infinity);
    return { ...leave, reason, standing: isWaiting ? 'waits' : 'switch' };
  }
  const machine = guest.kind !== 'process' && guest.kind !== 'unknown';
  if (guest.heldBy === 'operator' || !machine) return { ...leave, reason: '', standing: 'fits' };
  const { watch, verdict, reason, dueMs } = judgeOptOut(guest, state.watches.get(guest.key), optOut, nowMs);
  if (watch !== undefined) watches.set(guest.key, watch);
  switch (verdict) {
    case 'pays':
      return { ...leave, reason: '', standing: 'fits' };
    case 'watched':
    case 'soon':
      return { ...leave, rule: 'opt-out', reason, standing: verdict, dueMs };
    case 'now':
      return ruled(guest, group, { rule: 'opt-out', reason }, state, nowMs);
  }
}

/** In the order of their urgency. */
const URGENCY = ['never-merge', 'group', undefined, 'opt-out'] as const;

function actionsOf(rows: readonly PolicyRow[], { lastOptOutMs }: PolicyState, nowMs: number): readonly PolicyAction[] {
  const actions = rows
    .filter(({ standing }) => standing === 'switch')
    .map(({ guest: { key, name }, wish, rule, reason }): PolicyAction => {
      return { key, name, goal: wish === 'off' ? 'off' : 'restore', rule, reason };
    })
    .sort((a, b) => URGENCY.indexOf(a.rule) - URGENCY.indexOf(b.rule));
  const firstOptOut = actions.find(({ rule }) => rule === 'opt-out');
  const mayOptOut = nowMs - lastOptOutMs >= OPT_OUT_GAP_MS;
  return actions
    .filter((action) => action.rule !== 'opt-out' || (mayOptOut && action === firstOptOut))
    .slice(0, SWITCHES_MAX);
}

function noticeOf({ guest: { key, name }, standing, rule, reason }: PolicyRow): readonly PolicyNotice[] {
  if (rule === undefined) return [];
  if (standing === 'soon' || standing === 'by-hand') return [{ key, name, what: standing, rule, reason }];
  return standing === 'operator' ? [{ key, name, what: 'left', rule, reason }] : [];
}

/** What is told again only when it changes: the figures of a reason do at each turn. */
function sayingOf({ what, rule }: PolicyNotice): string {
  return `${what} ${rule}`;
}

function shown({ field, glob }: Pattern): string {
  return JSON.stringify(field === undefined ? glob : `${field}:${glob}`);
}

function only<T>(keys: ReadonlySet<string>, map: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...map].filter(([key]) => keys.has(key)));
}
