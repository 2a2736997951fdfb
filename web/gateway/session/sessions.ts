/**
 * Who is signed in. The browser holds a random number and nothing else; the tokens stay here, in memory, and go with the
 * process. What is kept of the number is its digest, so that neither the time of a look-up nor a dump of this table
 * tells a number that works.
 */

import { createHash, randomBytes } from 'node:crypto';

/** What a token allows on one agent. */
export interface Grant {
  /** `Bearer TOKEN`. */
  readonly authorization: string;
  readonly role: 'view' | 'tune';
}

/** After so long everybody signs in again. */
export const LONGEST_MS = 12 * 3_600_000;
/** So long after the last thing that a person did. */
export const IDLE_MS = 3_600_000;
/** People who look after one fleet; one more ends the session that was idle for longest. */
export const MAX_SESSIONS = 64;

interface Session {
  readonly startedMs: number;
  usedMs: number;
  /** By the name of the agent. A token is never shown to another agent than the one that it was given for. */
  readonly grants: Map<string, Grant>;
}

export class Sessions {
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /**
   * Adds a grant to the session `id`, or begins one. The number changes with each grant: one that was planted in the
   * browser before is worth nothing afterwards. Returns the new number, 256 bits.
   */
  grant(id: string | undefined, agent: string, grant: Grant): string {
    const old = this.#find(id);
    const now = this.#now();
    const session: Session = { startedMs: now, usedMs: now, grants: new Map(old?.grants) };
    session.grants.set(agent, grant);
    this.end(id);
    this.#makeRoom();
    const fresh = randomBytes(32).toString('base64url');
    this.#sessions.set(digest(fresh), session);
    return fresh;
  }

  /** What the session `id` may do on an agent. */
  grantOf(id: string | undefined, agent: string): Grant | undefined {
    return this.#find(id)?.grants.get(agent);
  }

  /** A person did something: the session is not idle. */
  touch(id: string | undefined): void {
    const session = this.#find(id);
    if (session !== undefined) session.usedMs = this.#now();
  }

  /** The agent does not know the token any more. */
  revoke(id: string | undefined, agent: string): void {
    const session = this.#find(id);
    session?.grants.delete(agent);
    if (session?.grants.size === 0) this.end(id);
  }

  end(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(digest(id));
  }

  endAll(): void {
    this.#sessions.clear();
  }

  #find(id: string | undefined): Session | undefined {
    if (id === undefined) return undefined;
    const session = this.#sessions.get(digest(id));
    if (session === undefined || !this.#isOver(session)) return session;
    this.end(id);
    return undefined;
  }

  #isOver({ startedMs, usedMs }: Session): boolean {
    const now = this.#now();
    return now - startedMs >= LONGEST_MS || now - usedMs >= IDLE_MS;
  }

  #makeRoom(): void {
    for (const [key, session] of this.#sessions) if (this.#isOver(session)) this.#sessions.delete(key);
    if (this.#sessions.size < MAX_SESSIONS) return;
    const [longest] = [...this.#sessions].sort(([, a], [, b]) => a.usedMs - b.usedMs);
    if (longest !== undefined) this.#sessions.delete(longest[0]);
  }
}

function digest(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
