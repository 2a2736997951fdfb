/** What a caller may do: `view` reads; `tune` also changes the host, and reads. Pure. */
export type Role = 'view' | 'tune';

export const ROLES: readonly Role[] = ['view', 'tune'];

/** Does the role `have` include what `need` allows? */
export function covers(have: Role | undefined, need: Role): boolean {
  return have === 'tune' || have === need;
}
