import { createHash, randomBytes } from 'node:crypto';
import { KsmpilotError } from '../errors.js';
import { ROLES, type Role } from './role.js';

/**
 * The tokens that `ksmpilot token add` made, as the text of their file: names, roles and hashes. Pure but for `newToken`.
 *
 * The hash is one round of SHA-256, not scrypt: a token is 256 random bits, so there is nothing to guess that a slow hash
 * would protect, and each call is checked against all of them. Passwords, which people choose, are not taken anywhere.
 */
export interface TokenEntry {
  /** Letters, digits, `.`, `_`, `-`; at most 64. Unique in the file. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token's text, 64 hexadecimal digits. */
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** ISO 8601, UTC; absent: until revoked. */
  readonly expires?: string;
}

/** More than a site hands out; each call is compared with all. */
export const MAX_TOKENS = 256;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TOKEN_BYTES = 32;

/** 256 random bits. The prefix lets scanners for leaked secrets know it. */
export function newToken(): string {
  return `ksmp_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** @throws KsmpilotError TOKENS_UNUSABLE saying what is wrong, without quoting the file: it may hold another secret. */
export function parseTokens(text: string): readonly TokenEntry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw unusable('it is not JSON', cause);
  }
  if (!isRecord(parsed) || parsed['version'] !== 1 || !Array.isArray(parsed['tokens'])) {
    throw unusable('it has no {"version": 1, "tokens": [...]}');
  }
  const entries = parsed['tokens'].map((entry, index) => readEntry(entry, index));
  if (entries.length > MAX_TOKENS) throw unusable(`it holds ${entries.length} tokens, more than ${MAX_TOKENS}`);
  if (new Set(entries.map(({ name }) => name)).size < entries.length) throw unusable('two of its tokens have one name');
  return entries;
}

export function formatTokens(entries: readonly TokenEntry[]): string {
  return `${JSON.stringify({ version: 1, tokens: entries }, undefined, 2)}\n`;
}

/** @throws KsmpilotError CONFIG_INVALID for a name that is taken or no name, or where there are too many. */
export function addToken(
  entries: readonly TokenEntry[],
  wanted: {
    readonly name: string;
    readonly role: Role;
    readonly token: string;
    readonly lifetimeMs?: number | undefined;
  },
  nowMs: number,
): readonly TokenEntry[] {
  const { name, role, token, lifetimeMs } = wanted;
  if (!NAME.test(name)) {
    throw new KsmpilotError('CONFIG_INVALID', `${JSON.stringify(name)} is no name for a token.`, {
      hint: 'Use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter or digit.',
    });
  }
  if (entries.some((entry) => entry.name === name)) {
    throw new KsmpilotError('CONFIG_INVALID', `there is a token named ${name} already.`, {
      hint: `Choose another name, or revoke it first: ksmpilot token revoke ${name}`,
    });
  }
  if (entries.length >= MAX_TOKENS) {
    throw new KsmpilotError('CONFIG_INVALID', `there are ${MAX_TOKENS} tokens already.`, {
      hint: 'Revoke those that nobody uses: ksmpilot token list',
    });
  }
  const created = new Date(nowMs).toISOString();
  const expires = lifetimeMs === undefined ? {} : { expires: new Date(nowMs + lifetimeMs).toISOString() };
  return [...entries, { name, role, sha256: hashToken(token).toString('hex'), created, ...expires }];
}

/** @throws KsmpilotError CONFIG_INVALID where there is none of that name. */
export function removeToken(entries: readonly TokenEntry[], name: string): readonly TokenEntry[] {
  const left = entries.filter((entry) => entry.name !== name);
  if (left.length < entries.length) return left;
  throw new KsmpilotError('CONFIG_INVALID', `there is no token named ${JSON.stringify(name)}.`, {
    hint: 'ksmpilot token list names them.',
  });
}

export function hasExpired({ expires }: Pick<TokenEntry, 'expires'>, nowMs: number): boolean {
  return expires !== undefined && Date.parse(expires) <= nowMs;
}

function readEntry(value: unknown, index: number): TokenEntry {
  const at = `token ${index + 1}`;
  if (!isRecord(value)) throw unusable(`${at} is not an object`);
  const { name, role, sha256, created, expires } = value;
  if (typeof name !== 'string' || !NAME.test(name)) throw unusable(`${at} has no valid name`);
  if (!isRole(role)) throw unusable(`${at} (${name}) has no role view or tune`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) throw unusable(`${at} (${name}) has no sha256`);
  if (typeof created !== 'string' || Number.isNaN(Date.parse(created))) throw unusable(`${at} (${name}) has no date`);
  // A date that cannot be read must not make a token live for ever.
  if (expires !== undefined && (typeof expires !== 'string' || Number.isNaN(Date.parse(expires)))) {
    throw unusable(`${at} (${name}) expires at no date`);
  }
  return { name, role, sha256, created, ...(expires === undefined ? {} : { expires }) };
}

function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unusable(why: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('TOKENS_UNUSABLE', `the file of tokens cannot be used: ${why}.`, {
    hint: 'Put back what `ksmpilot token` wrote, or remove the file and add the tokens anew.',
    cause,
  });
}
