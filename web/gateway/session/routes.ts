/** `/api/session`: who am I, sign in, sign out. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access, AskedAgent } from '../access.js';
import { tokenOf } from '../bodies.js';
import { readJsonObject, sendJson } from '../respond.js';
import { dropCookie, setCookie } from './cookie.js';

export interface SessionRoutesOptions {
  readonly access: Access;
  readonly cookieName: () => string;
  /** Served with TLS. */
  readonly secure: boolean;
  /** Nothing is told to who has not signed in. */
  readonly signInRequired: boolean;
}

export class SessionRoutes {
  readonly #options: SessionRoutesOptions;

  constructor(options: SessionRoutesOptions) {
    this.#options = options;
  }

  /** `{signed_in, role}` on the agent asked for, `required` where reading needs it too; a page that is opened or looked at again keeps its session. */
  tell(req: IncomingMessage, res: ServerResponse, agent: AskedAgent): void {
    const { access } = this.#options;
    const id = access.sessionOf(req);
    access.sessions.touch(id);
    const grant = access.sessions.grantOf(id, agent.name);
    const required = this.#options.signInRequired ? { required: true } : {};
    sendJson(res, 200, { signed_in: grant !== undefined, role: grant?.role ?? null, ...required });
  }

  /** `{token}` becomes a session, if the agent knows the token. */
  async signIn(req: IncomingMessage, res: ServerResponse, agent: AskedAgent): Promise<void> {
    const { access, cookieName } = this.#options;
    const token = tokenOf(await readJsonObject(req));
    const grant = await access.signIn(req, agent, `Bearer ${token}`);
    const id = access.sessions.grant(access.sessionOf(req), agent.name, grant);
    res.setHeader('Set-Cookie', setCookie(cookieName(), id, this.#options));
    sendJson(res, 200, { signed_in: true, role: grant.role });
  }

  /** Of all agents at once. */
  signOut(req: IncomingMessage, res: ServerResponse): void {
    const { access, cookieName } = this.#options;
    access.sessions.end(access.sessionOf(req));
    res.setHeader('Set-Cookie', dropCookie(cookieName(), this.#options));
    sendJson(res, 200, { signed_in: false, role: null });
  }
}
