import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { writeFileAtomic } from './atomic-file.js';
import { errnoOf, KsmpilotError } from './errors.js';

/**
 * The agent's token: whatever changes the host needs it, since loopback is no wall (QEMU's user network lets a guest
 * reach the host's). It lies in the state directory, so root alone can read it, and is new at each agent start.
 */

const TOKEN_BYTES = 32;

function tokenFile(stateDir: string): string {
  return join(stateDir, 'token');
}

/**
 * Draws a new token, 64 hexadecimal digits, and leaves it in `stateDir`/token with mode 0600.
 *
 * @throws KsmpilotError STATE_DIR_UNUSABLE
 */
export function createToken(stateDir: string): string {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  const path = tokenFile(stateDir);
  try {
    writeFileAtomic(path, `${token}\n`);
  } catch (error) {
    throw new KsmpilotError('STATE_DIR_UNUSABLE', `writing ${path} failed with ${errnoOf(error) ?? String(error)}`, {
      hint: 'Make room there, or give another folder with --state-dir.',
      cause: error,
    });
  }
  return token;
}

/** Ends the token's life with the agent's. */
export function removeToken(stateDir: string): void {
  rmSync(tokenFile(stateDir), { force: true });
}

/**
 * The token of the agent that uses `stateDir`.
 *
 * @throws KsmpilotError TOKEN_MISSING
 */
export function readToken(stateDir: string): string {
  const path = tokenFile(stateDir);
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    const errno = errnoOf(error) ?? String(error);
    const hint =
      errno === 'ENOENT'
        ? 'Start an agent with "ksmpilot run", or name its state directory with --state-dir.'
        : "Run as the agent's user, which is root as a rule.";
    throw new KsmpilotError('TOKEN_MISSING', `reading the agent's token ${path} failed with ${errno}`, {
      hint,
      cause: error,
    });
  }
  if (!/^[0-9a-f]{64}$/.test(token)) {
    throw new KsmpilotError('TOKEN_MISSING', `${path} holds no token (64 hexadecimal digits)`, {
      hint: 'Restart the agent: it draws a new token at each start.',
    });
  }
  return token;
}

/** Compares in a time that tells nothing of the token: digests of one length, all bytes of them. */
export function tokenMatches(token: string, given: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(token), digest(given));
}
