/** Puts the processes of one guest together. Pure. */

import type { Claim } from './identify.js';

/** Processes that are one guest. */
export interface Group {
  readonly main: Claim;
  /** `main` first, then by pid. */
  readonly members: readonly Claim[];
}

/** How far up a process's ancestors are followed to a machine. */
const ANCESTORS_MAX = 16;

/**
 * A machine never shares a guest with another machine. Any other process belongs to the one machine whose cgroup, pod or
 * sandbox it stands in, that started it, or that it serves; where two machines come into question it belongs to
 * neither. What is left is together by container or service, and alone otherwise.
 */
export function group(claims: readonly Claim[]): readonly Group[] {
  const byPid = new Map(claims.map((claim) => [claim.pid, claim]));
  const holders = holdersOf(claims);
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    const owner = claim.machine ? claim : (machineOf(claim, byPid, holders) ?? claim);
    const members = groups.get(owner.group);
    if (members === undefined) groups.set(owner.group, [claim]);
    else members.push(claim);
  }
  return [...groups.values()].map((members) => {
    const main = members.find((one) => one.machine) ?? members.reduce(earlier);
    return { main, members: [main, ...members.filter((one) => one !== main).sort((a, b) => a.pid - b.pid)] };
  });
}

/** `several`: two machines hold it, so it says nothing. */
type Holder = Claim | 'several';

function holdersOf(claims: readonly Claim[]): ReadonlyMap<string, Holder> {
  const holders = new Map<string, Holder>();
  const hold = (token: string, claim: Claim): void => {
    const other = holders.get(token);
    holders.set(token, other === undefined || other === claim ? claim : 'several');
  };
  const asked = new Set(claims.flatMap(({ named }) => named));
  for (const claim of claims) {
    if (!claim.machine) continue;
    for (const token of claim.holds) hold(token, claim);
    for (const path of claim.paths) if (asked.has(path)) hold(path, claim);
    const { place } = claim;
    if (place.type === 'service' || place.type === 'container') hold(`beside:${place.anchor}`, claim);
  }
  return holders;
}

function machineOf(
  claim: Claim,
  byPid: ReadonlyMap<number, Claim>,
  holders: ReadonlyMap<string, Holder>,
): Claim | undefined {
  const one = (token: string): Claim | undefined => {
    const holder = holders.get(token);
    return holder === 'several' ? undefined : holder;
  };
  for (const token of claim.within) {
    const holder = one(token);
    if (holder !== undefined) return holder;
  }
  const ancestor = machineAbove(claim, byPid);
  if (ancestor !== undefined) return ancestor;
  if (!claim.helper) return undefined;
  for (const token of claim.named) {
    const holder = one(token);
    if (holder !== undefined && mayServe(claim, holder)) return holder;
  }
  const { place } = claim;
  return place.type === 'service' || place.type === 'container' ? one(`beside:${place.anchor}`) : undefined;
}

/** The nearest ancestor that is a machine; a parent that started later is another process with its pid. */
function machineAbove(claim: Claim, byPid: ReadonlyMap<number, Claim>): Claim | undefined {
  let child = claim;
  for (let depth = 0; depth < ANCESTORS_MAX; depth++) {
    const parent = byPid.get(child.ppid);
    if (parent === undefined || parent.startTicks > child.startTicks) return undefined;
    if (parent.machine) return parent;
    child = parent;
  }
  return undefined;
}

/** Its own word, so only root's, or that of the machine's own user. */
function mayServe(helper: Claim, machine: Claim): boolean {
  return helper.uid !== undefined && (helper.uid === 0 || helper.uid === machine.uid);
}

function earlier(a: Claim, b: Claim): Claim {
  return b.startTicks < a.startTicks || (b.startTicks === a.startTicks && b.pid < a.pid) ? b : a;
}
