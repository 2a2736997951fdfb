import type { Role } from './role.js';

/** Who a caller turned out to be. */
export interface Identity {
  /**
   * `nobody`: showed nothing. `run token`: the token in the state folder of this run, which only the agent's user can
   * read. `token`: one made by `ksmpilot token add`. `certificate`: a client certificate that the settings name.
   */
  readonly kind: 'nobody' | 'run token' | 'token' | 'certificate';
  /** The token's name, or what of the certificate matched; empty for the other two. */
  readonly name: string;
  /** Undefined: shown nothing, or a certificate that no setting names. */
  readonly role: Role | undefined;
}

export const NOBODY: Identity = { kind: 'nobody', name: '', role: undefined };

/** `token grafana`, for messages and logs. */
export function describeIdentity({ kind, name }: Identity): string {
  return name === '' ? kind : `${kind} ${name}`;
}
