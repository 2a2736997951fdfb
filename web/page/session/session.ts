/**
 * Is somebody signed in on the agent that is shown? The token goes to the gateway once and is not kept here: what stays
 * in the browser is a cookie that scripts cannot read.
 */

import { ApiError, type Api } from '../api.js';

export type Role = 'view' | 'tune';

/** Why a page that tells nothing without it asks for a token. */
export const SIGN_IN_FIRST = 'This page tells nothing without a token of its agent.';

interface SessionAnswer {
  readonly signed_in: boolean;
  readonly role: Role | null;
  /** Nothing is told to who has not signed in. */
  readonly required?: boolean;
}

export interface SessionOptions {
  readonly api: Pick<Api, 'agent' | 'get' | 'post' | 'delete'>;
  /** Opens the dialog; resolves when it is closed. `why` says what needs it, `need` the least role that does. */
  readonly ask: (session: Session, why: string, need: Role) => Promise<void>;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #listeners = new Set<() => void>();
  #role: Role | undefined;
  #required = false;
  #asked: Promise<boolean> | undefined;
  #turn = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Undefined: nobody is signed in on this agent, or it is not known yet. */
  get role(): Role | undefined {
    return this.#role;
  }

  /** Is there nothing to see without signing in? */
  get required(): boolean {
    return this.#required;
  }

  get mayChange(): boolean {
    return this.#role === 'tune';
  }

  /** Name of the agent that `role` is about; undefined: the gateway's first. */
  get agent(): string | undefined {
    return this.#options.api.agent;
  }

  /** Calls back after each change; returns the unsubscribe function. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks the gateway who is signed in; at the start and when another agent is shown. Never rejects. */
  async refresh(): Promise<void> {
    const turn = (this.#turn += 1);
    this.#become(undefined);
    try {
      const { role, required = false } = await this.#options.api.get<SessionAnswer>('session');
      if (turn !== this.#turn) return;
      this.#required = required;
      this.#become(role ?? undefined);
    } catch {
      // The gateway does not answer, which the page shows; it is asked again with the next change.
    }
  }

  /** Resolves to what went wrong and the cure; undefined: signed in. Never rejects. */
  async signIn(token: string): Promise<string | undefined> {
    const turn = (this.#turn += 1);
    try {
      const { role } = await this.#options.api.post<SessionAnswer>('session', { token: token.trim() });
      if (turn === this.#turn) this.#become(role ?? undefined);
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return wordsOf(error);
    }
  }

  /** As signIn, with the dialog where the token does not do. */
  async signInOr(token: string): Promise<void> {
    const wrong = await this.signIn(token);
    if (wrong !== undefined) await this.ask(wrong);
  }

  /** Of all agents. Never rejects. */
  async signOut(): Promise<void> {
    this.#turn += 1;
    this.#become(undefined);
    await this.#options.api.delete('session').catch(() => undefined);
  }

  /**
   * Opens the dialog: nobody is signed in, or a call was refused because the session has ended. Resolves to whether what
   * needs the role is allowed now.
   */
  async ask(why = 'Changing the host needs the token of its agent.', need: Role = 'tune'): Promise<boolean> {
    this.#become(undefined);
    this.#asked ??= this.#options
      .ask(this, why, need)
      .then(() => this.may(need))
      .finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  may(need: Role): boolean {
    return this.#role !== undefined && (this.#role === 'tune' || need === 'view');
  }

  #become(role: Role | undefined): void {
    if (role === this.#role) return;
    this.#role = role;
    for (const listener of this.#listeners) listener();
  }
}

function wordsOf({ code, message, hint }: ApiError): string {
  if (code === 'TOKEN_MISSING')
    return 'This agent does not know that token; the one that it prints is new at each start.';
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('.') ? '' : '.'}`;
  return hint === undefined ? sentence : `${sentence} ${hint}`;
}
