/** Whose token a request bears: its own (`Authorization`), or that of the session that its cookie names. */

import type { IncomingMessage } from 'node:http';
import type { AgentClient, Authorization } from './agent-client.js';
import { Attempts } from './session/attempts.js';
import { readCookie } from './session/cookie.js';
import { Sessions, type Grant } from './session/sessions.js';
import { Refused, refusalOf } from './status.js';

export interface AccessOptions {
  /** Reading needs a token too. */
  readonly signInRequired: boolean;
  /** Known once the port is. */
  readonly cookieName: () => string;
}

/** The part of a served agent that matters here. */
export interface AskedAgent {
  readonly name: string;
  readonly client: AgentClient;
}

/** A token is asked about again after so long: revoked ones stop working. */
const CHECKED_MS = 5_000;
const MAX_CHECKED = 128;

const MISSING_HINT =
  'Sign in on the page, or send Authorization: Bearer TOKEN; `ksmpilot run` prints the token at its start.';

export class Access {
  readonly sessions = new Sessions();
  readonly #attempts = new Attempts();
  readonly #options: AccessOptions;
  /** Tokens that were found good lately, by agent. */
  readonly #checked = new Map<string, number>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  sessionOf(req: IncomingMessage): string | undefined {
    return readCookie(req.headers.cookie, this.#options.cookieName());
  }

  /**
   * For a read: what is borne, checked with the agent where reading is not for everybody. Throws Refused 401.
   *
   * @param isLook somebody looks: what a page asks by itself, hour after hour, does not keep a session from being idle
   */
  async toRead(req: IncomingMessage, agent: AskedAgent, isLook = false): Promise<Authorization> {
    const who = this.#borne(req, agent.name);
    if (!this.#options.signInRequired) return who;
    if (who === undefined) throw new Refused(401, 'TOKEN_MISSING', 'this page needs signing in', MISSING_HINT);
    const key = `${agent.name} ${who}`;
    const until = this.#checked.get(key);
    if (until === undefined || until <= performance.now()) await this.#check(req, agent, who, key);
    if (isLook) this.sessions.touch(this.sessionOf(req));
    return who;
  }

  /** For a change, which always needs a token; the agent checks it with the call itself. Throws Refused 401, 403. */
  toChange(req: IncomingMessage, agent: AskedAgent): string {
    const who = this.#borne(req, agent.name);
    if (who === undefined) {
      throw new Refused(401, 'TOKEN_MISSING', 'this changes the host and needs the token of the agent', MISSING_HINT);
    }
    if (req.headers.authorization === undefined) {
      // A browser says where a POST comes from; with the cookie alone nobody else has a reason to come.
      if (req.headers.origin === undefined && req.headers['sec-fetch-site'] !== 'same-origin') {
        throw new Refused(403, 'BIND_REFUSED', 'the request does not say which page it comes from');
      }
      this.sessions.touch(this.sessionOf(req));
    }
    return who;
  }

  /**
   * Runs a call that bears the request's own token or that of its session. Where the agent does not know it (any more), the
   * attempt counts against the address, or the session forgets it.
   */
  async bearing<T>(req: IncomingMessage, agent: AskedAgent, call: () => Promise<T>): Promise<T> {
    if (req.headers.authorization !== undefined) return this.#tried(req, call);
    try {
      return await call();
    } catch (error) {
      if (refusalOf(error).status === 401) this.sessions.revoke(this.sessionOf(req), agent.name);
      throw error;
    }
  }

  /** What the agent says of a token that somebody gives. Throws Refused 401, 429, or what the call ended with. */
  async signIn(req: IncomingMessage, agent: AskedAgent, authorization: string): Promise<Grant> {
    const { role } = await this.#tried(req, () => agent.client.whoAmI(authorization));
    return { authorization, role: role === 'ROLE_TUNE' ? 'tune' : 'view' };
  }

  async #tried<T>(req: IncomingMessage, call: () => Promise<T>): Promise<T> {
    const attempt = this.#attempts.take(req.socket.remoteAddress ?? '');
    if (!attempt.mayAsk) throw tooManyWrong(attempt.waitSec);
    try {
      const value = await call();
      attempt.succeeded();
      return value;
    } catch (error) {
      if (refusalOf(error).status !== 401) attempt.succeeded();
      else if (attempt.waitSec > 0) throw tooManyWrong(attempt.waitSec);
      throw error;
    }
  }

  async #check(req: IncomingMessage, agent: AskedAgent, who: string, key: string): Promise<void> {
    this.#checked.delete(key);
    await this.bearing(req, agent, () => agent.client.whoAmI(who));
    const [first] = this.#checked.keys();
    if (this.#checked.size >= MAX_CHECKED && first !== undefined) this.#checked.delete(first);
    this.#checked.set(key, performance.now() + CHECKED_MS);
  }

  #borne(req: IncomingMessage, agent: string): Authorization {
    const { authorization } = req.headers;
    if (authorization === undefined) return this.sessions.grantOf(this.sessionOf(req), agent)?.authorization;
    if (/^Bearer [\x21-\x7e]{1,512}$/.test(authorization)) return authorization;
    throw new Refused(401, 'TOKEN_MISSING', 'what is sent as Authorization is no token', MISSING_HINT);
  }
}

function tooManyWrong(waitSec: number): Refused {
  return new Refused(429, 'SIGN_INS_LIMITED', 'too many wrong tokens', `Wait ${waitSec} s.`, {
    'Retry-After': String(waitSec),
  });
}
