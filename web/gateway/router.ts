/** From a request to its answer. */

import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Access } from './access.js';
import { isOurHost, isOurOrigin, type HostPort, type Scheme } from './address.js';
import type { AgentSet, ServedAgent } from './agent-set.js';
import { Feed } from './feed.js';
import type { FleetSource } from './fleet/answer.js';
import { MetricsEndpoint } from './metrics/endpoint.js';
import { isCertified } from './page-server.js';
import { lookBackOf } from './queries.js';
import { readJsonObject, sendJson, sendRefusal } from './respond.js';
import { CHANGES, READS } from './routes.js';
import { cookieName } from './session/cookie.js';
import { SessionRoutes } from './session/routes.js';
import type { StaticFiles } from './static-files.js';
import { Refused, refusal, refusalOf } from './status.js';

export interface RouterOptions {
  readonly agents: AgentSet;
  readonly fleet: FleetSource;
  readonly page: StaticFiles;
  readonly scheme: Scheme;
  /** Reading needs a token too. */
  readonly signInRequired: boolean;
  /** With HTTPS: whose names are ours. */
  readonly certificate?: () => X509Certificate | undefined;
  /** Where the server listens; undefined before. */
  readonly bound: () => HostPort | undefined;
}

/** How long a stream outlives the session that opened it. */
const RECHECK_MS = 5_000;
/** Browsers at once; each costs its agent two gRPC streams. */
export const MAX_STREAMS = 32;

type Answer = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

/** What an address takes, by method. */
type Route = Readonly<Partial<Record<'GET' | 'POST' | 'DELETE', Answer>>>;

export class Router {
  readonly #options: RouterOptions;
  readonly #access: Access;
  readonly #session: SessionRoutes;
  readonly #feeds = new Set<Feed>();
  readonly #metrics = new MetricsEndpoint();

  constructor(options: RouterOptions) {
    this.#options = options;
    const secure = options.scheme === 'https';
    const name = (): string => cookieName({ port: options.bound()?.port ?? 0, secure });
    this.#access = new Access({ signInRequired: options.signInRequired, cookieName: name });
    this.#session = new SessionRoutes({
      access: this.#access,
      cookieName: name,
      secure,
      signInRequired: options.signInRequired,
    });
  }

  /** Rejects with what refusalOf understands. */
  async route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '/', text = ''] = (req.url ?? '/').split('?', 2);
    this.#checkSource(req, path);
    const route = this.#routeOf(path, new URLSearchParams(text));
    const method = req.method === 'HEAD' ? 'GET' : req.method;
    const answer = isMethod(method) ? route[method] : undefined;
    if (answer === undefined || (req.method === 'HEAD' && path === '/api/stream')) {
      const allow = Object.keys(route).flatMap((one) =>
        one === 'GET' && path !== '/api/stream' ? [one, 'HEAD'] : [one],
      );
      sendRefusal(res, refusal(405, 'REQUEST_INVALID', `this address takes ${allow.join(', ')}`), {
        Allow: allow.join(', '),
      });
      return;
    }
    if (method === 'POST') checkIsJson(req);
    await answer(req, res);
  }

  /** Ends every stream and session. */
  stop(): void {
    for (const feed of this.#feeds) feed.stop();
    this.#access.sessions.endAll();
  }

  #routeOf(path: string, query: URLSearchParams): Route {
    const { agents } = this.#options;
    const asked = (): ServedAgent => agents.pick(query.get('agent'));
    const read = own(READS, path);
    const change = own(CHANGES, path);
    if (read !== undefined || change !== undefined) {
      return {
        ...(read !== undefined && {
          GET: async (req, res) => {
            const agent = asked();
            const who = await this.#access.toRead(req, agent, true);
            sendJson(res, 200, await read(agent.client, who, query));
          },
        }),
        ...(change !== undefined && {
          POST: async (req, res) => {
            const agent = asked();
            const who = this.#access.toChange(req, agent);
            const body = await readJsonObject(req);
            sendJson(res, 200, await this.#access.bearing(req, agent, async () => change(agent.client, who, body)));
          },
        }),
      };
    }
    switch (path) {
      case '/api/session':
        return {
          GET: (req, res) => this.#session.tell(req, res, asked()),
          POST: (req, res) => this.#session.signIn(req, res, asked()),
          DELETE: (req, res) => this.#session.signOut(req, res),
        };
      case '/api/agents':
        return { GET: (req, res) => this.#agents(req, res, query) };
      case '/api/fleet':
        return { GET: (req, res) => this.#fleet(req, res, query) };
      case '/metrics':
        return { GET: (req, res) => this.#tellMetrics(req, res, query) };
      case '/api/stream':
        return { GET: (req, res) => this.#stream(req, res, asked(), query) };
      case '/healthz':
        return { GET: (_, res) => sendJson(res, 200, { ok: true, streams: this.#feeds.size }) };
      default:
        return { GET: (_, res) => this.#file(path, res) };
    }
  }

  #file(path: string, res: ServerResponse): void {
    const { page } = this.#options;
    if (page.serve(path, res)) return;
    if (path === '/') throw new Refused(503, 'INTERNAL', 'the page is not built', 'Run `npm run build`.');
    throw new Refused(404, 'REQUEST_INVALID', 'there is nothing at this address');
  }

  async #agents(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
    await this.#toReadAny(req, query);
    const agents = await Promise.all(
      this.#options.agents.all.map(async ({ name, address, watch }) => {
        const { state, since_ms, detail, figures } = await watch.firstLook();
        return { name, address, state, since_ms, detail, hostname: figures?.hostname, version: figures?.version };
      }),
    );
    sendJson(res, 200, { agents, fleet: this.#options.fleet.name });
  }

  async #fleet(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
    await this.#toReadAny(req, query);
    sendJson(res, 200, await this.#options.fleet.look());
  }

  async #tellMetrics(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
    await this.#toReadAny(req, query);
    const isOwn = req.headers.authorization !== undefined;
    const asked = isOwn ? this.#options.agents.pick(query.get('agent')) : undefined;
    const agents = await Promise.all(
      this.#options.agents.all.map(async (agent) => {
        const { name, client } = agent;
        // An agent that does not know this token tells nothing, and keeps nobody from reading the others.
        const who = isOwn && agent !== asked ? undefined : await this.#access.toRead(req, agent).catch(() => undefined);
        return { name, client, who };
      }),
    );
    await this.#metrics.answer(req, res, query, agents);
  }

  async #stream(req: IncomingMessage, res: ServerResponse, agent: ServedAgent, query: URLSearchParams): Promise<void> {
    const lookBackSec = lookBackOf(query);
    const who = await this.#access.toRead(req, agent, true);
    if (this.#feeds.size >= MAX_STREAMS) {
      throw new Refused(503, 'STREAMS_EXHAUSTED', `${MAX_STREAMS} pages are open already`, 'Close one of them.');
    }
    const feed = new Feed({ agent: agent.client, who, res, lookBackSec, lastSampleMs: lastSampleOf(req) });
    this.#feeds.add(feed);
    const recheck = setInterval(() => void this.#recheck(req, agent, feed), RECHECK_MS);
    try {
      await feed.run();
    } finally {
      clearInterval(recheck);
      this.#feeds.delete(feed);
    }
  }

  /** Who signs out, or whose session or token ends, sees no more. */
  async #recheck(req: IncomingMessage, agent: ServedAgent, feed: Feed): Promise<void> {
    try {
      await this.#access.toRead(req, agent);
    } catch (error) {
      const { status } = refusalOf(error);
      if (status === 401 || status === 403) feed.stop();
    }
  }

  /**
   * Lists over all agents are for whoever may read one of them. A session has a token for some of them; a token that a
   * script sends is for the agent that it names, or the first, and no other is shown it.
   */
  async #toReadAny(req: IncomingMessage, query: URLSearchParams): Promise<void> {
    if (!this.#options.signInRequired) return;
    const { agents } = this.#options;
    if (req.headers.authorization !== undefined) {
      await this.#access.toRead(req, agents.pick(query.get('agent')));
      return;
    }
    let refused: unknown;
    for (const agent of agents.all) {
      try {
        await this.#access.toRead(req, agent);
        return;
      } catch (error) {
        refused = error;
      }
    }
    throw asRefused(refused);
  }

  readonly #isCertified = (name: string): boolean => isCertified(name, this.#options.certificate?.());

  /** Requests that another site's page made a browser send are refused. */
  #checkSource(req: IncomingMessage, path: string): void {
    const { scheme } = this.#options;
    const bound = this.#options.bound();
    const host = req.headers.host;
    if (bound === undefined || host === undefined || !isOurHost(host, bound, { scheme, isOurs: this.#isCertified })) {
      throw new Refused(
        403,
        'BIND_REFUSED',
        'the Host header names another server',
        `Open ${scheme}://127.0.0.1:${bound?.port ?? ''}/; through \`ssh -L\`, use the same port on both ends.`,
      );
    }
    const site = req.headers['sec-fetch-site'];
    const isForeign = path !== '/' && (site === 'cross-site' || site === 'same-site');
    if (isForeign || !isOurOrigin(req.headers.origin, host, scheme)) {
      throw new Refused(403, 'BIND_REFUSED', 'the request comes from a page of another site');
    }
  }
}

/** A page of another site can post a form or plain text without asking first, but not JSON. */
function checkIsJson(req: IncomingMessage): void {
  if (/^application\/json(?:\s*;|$)/i.test(req.headers['content-type'] ?? '')) return;
  throw new Refused(415, 'REQUEST_INVALID', 'the request is not JSON', 'Send Content-Type: application/json.');
}

/** Browsers repeat the id of the newest event that they got; ids are sample times in milliseconds. */
function lastSampleOf(req: IncomingMessage): number | undefined {
  const id = req.headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,15}$/.test(id) && Number(id) > 0 ? Number(id) : undefined;
}

function asRefused(error: unknown): Error {
  if (error instanceof Error) return error;
  return new Refused(
    401,
    'TOKEN_MISSING',
    'this page needs signing in, and serves no agent whose token could do',
    'Give --agent.',
  );
}

function isMethod(method: string | undefined): method is 'GET' | 'POST' | 'DELETE' {
  return method === 'GET' || method === 'POST' || method === 'DELETE';
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
