import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import { KsmpilotError } from '../errors.js';

/**
 * Lets a call pass that changes the host: metadata `authorization: Bearer TOKEN` with the agent's token.
 *
 * Loopback is no proof of being root on this host: a guest reaches it through QEMU's user network, and so does every
 * local user.
 *
 * @throws KsmpilotError TOKEN_MISSING; the message never holds what was sent.
 */
export function requireToken(metadata: Metadata, token: string): void {
  const sent = metadata.get('authorization');
  const [value] = sent;
  const hint = "Send metadata `authorization: Bearer TOKEN`; TOKEN is in the agent's state folder, readable by root.";
  if (value === undefined) {
    throw new KsmpilotError('TOKEN_MISSING', 'this call changes the host and came without a token.', { hint });
  }
  const match = sent.length === 1 ? /^Bearer +(\S+) *$/i.exec(value.toString()) : null;
  const given = match?.[1];
  if (given === undefined || !sameText(given, token)) {
    throw new KsmpilotError('TOKEN_MISSING', "the token sent is not this agent's; each agent start makes a new one.", {
      hint,
    });
  }
}

/** Compares in a time that depends on neither text: digests have one length and are compared whole. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
