import type { Metadata } from '@grpc/grpc-js';
import { describeIdentity, type Identity } from '../auth/identity.js';
import { covers, type Role } from '../auth/role.js';
import { KsmpilotError } from '../errors.js';

/** Who makes a call, and from where. */
export interface Caller {
  readonly identity: Identity;
  /** `unix socket`, or `ADDRESS:PORT` of the other end. */
  readonly from: string;
  /** One client machine, for limits; undefined: on this host, where all share an address. */
  readonly remote: string | undefined;
  /** False once the token or certificate would no longer be taken. */
  readonly stillHolds: () => boolean;
}

/**
 * The callers that the gate let pass, by the metadata object of their call, which grpc-js hands to the handler as it is.
 * No header can put a caller in here.
 */
const callers = new WeakMap<Metadata, Caller>();

export function rememberCaller(metadata: Metadata, caller: Caller): void {
  callers.set(metadata, caller);
}

export function callerOf(metadata: Metadata): Caller | undefined {
  return callers.get(metadata);
}

/**
 * The caller of a call that needs a role. The gate has checked that before; a call that got past it ends here.
 *
 * @throws KsmpilotError TOKEN_MISSING, ROLE_MISSING
 */
export function requireCaller(metadata: Metadata, need: Role): Caller {
  const caller = callers.get(metadata);
  if (caller !== undefined && covers(caller.identity.role, need)) return caller;
  throw refusalFor(caller?.identity, need);
}

const HINT =
  "Send metadata `authorization: Bearer TOKEN`: one of `ksmpilot token add`, or on this host the agent's own in its state folder, readable by root.";

/** Why somebody may not do what needs a role. @param failed What was wrong with the token that was sent. */
export function refusalFor(identity: Identity | undefined, need: Role, failed?: 'unknown' | 'expired'): KsmpilotError {
  if (failed === 'expired') {
    return new KsmpilotError('TOKEN_MISSING', 'the token sent has expired.', {
      hint: 'Have a new one made: ksmpilot token add',
    });
  }
  if (failed === 'unknown') {
    return new KsmpilotError('TOKEN_MISSING', "the token sent is not this agent's.", {
      hint: `The agent draws a new one of its own at each start; others may have been revoked. ${HINT}`,
    });
  }
  if (identity === undefined || identity.kind === 'nobody') {
    const what = need === 'tune' ? 'this call changes the host and' : 'this call';
    return new KsmpilotError('TOKEN_MISSING', `${what} came without a token.`, { hint: HINT });
  }
  const may = identity.role === undefined ? 'has no role' : `may ${identity.role} only`;
  return new KsmpilotError('ROLE_MISSING', `${describeIdentity(identity)} ${may}; this call needs ${need}.`, {
    hint:
      identity.kind === 'certificate'
        ? 'Give the certificate a role in the setting auth.certificates of the agent, or send a token.'
        : `Use a token of that role: ksmpilot token add NAME --role ${need}`,
  });
}
