/**
 * HTTP in front of one agent, for the page: static files, JSON reads, one stream of server-sent events per browser, and
 * three calls that change the host and carry the browser's token to the agent. The gateway is a gRPC client like any
 * other: it has no token and no privilege of its own.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatHostPort, isLoopback, isOurHost, isOurOrigin, parseHostPort, type HostPort } from './address.js';
import { AgentClient } from './agent-client.js';
import { GatewayError } from './errors.js';
import { Feed } from './feed.js';
import { sendJson, sendRefusal } from './respond.js';
import { CHANGES, READS, answerChange, answerRead, lastSampleOf, lookBackOf } from './routes.js';
import { StaticFiles } from './static-files.js';
import { Refused, refusal, refusalOf } from './status.js';

/** Where the gateway says what happens; pino's loggers fit. */
export interface GatewayLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface GatewayOptions {
  /** `HOST:PORT` to serve on; port 0 lets the kernel choose. */
  readonly address: string;
  /** The agent: `HOST:PORT` or `unix:/path`. */
  readonly agentAddress: string;
  /** The built page (dist/web/page). */
  readonly pageDir: string;
  /** The folder that holds ksmpilot/v1/ksmpilot.proto. */
  readonly protoDir: string;
  /** Serve on an address that others than this host can reach. */
  readonly allowNonLoopback: boolean;
  readonly log: GatewayLog;
}

/** Browsers at once; each costs the agent two gRPC streams. */
export const MAX_STREAMS = 32;
/** Connections at once; a browser opens up to six to one server. */
const MAX_CONNECTIONS = 256;
const MAX_HEADER_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

interface Route {
  /** Methods taken. */
  readonly allow: readonly string[];
  readonly answer: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #agent: AgentClient;
  readonly #page: StaticFiles;
  readonly #feeds = new Set<Feed>();
  #server: Server | undefined;
  #bound: HostPort | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#agent = new AgentClient({ address: options.agentAddress, protoDir: options.protoDir });
    this.#page = new StaticFiles(options.pageDir);
  }

  /**
   * Binds and serves. The agent need not be there yet. Rejects with a GatewayError: CONFIG_INVALID, BIND_REFUSED,
   * PORT_IN_USE.
   */
  async start(): Promise<{ url: string }> {
    const { address, allowNonLoopback, log, pageDir } = this.#options;
    const wanted = parseHostPort(address);
    if (!isLoopback(wanted.host) && !allowNonLoopback) {
      throw new GatewayError(
        'BIND_REFUSED',
        `${wanted.host} is not a loopback address, and the page has no login`,
        'Serve on 127.0.0.1 and reach it with `ssh -L`.',
      );
    }
    if (!(await this.#page.load())) log.warn({ pageDir }, 'the page is not built; run `npm run build`');
    this.#agent.start();
    const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS }, (req, res) => {
      void this.#serve(req, res);
    });
    server.maxConnections = MAX_CONNECTIONS;
    this.#server = server;
    try {
      this.#bound = await listen(server, wanted);
    } catch (error) {
      await this.stop();
      throw error;
    }
    return { url: `http://${formatHostPort(this.#bound)}/` };
  }

  /** Ends every stream and connection. Can be called at any time, and again. */
  async stop(): Promise<void> {
    for (const feed of this.#feeds) feed.stop();
    this.#agent.stop();
    const server = this.#server;
    this.#server = undefined;
    if (server?.listening !== true) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      await this.#route(req, res);
    } catch (error) {
      const refused = refusalOf(error);
      if (refused.status === 500) this.#options.log.warn({ err: error, url: req.url }, 'a request failed');
      if (res.headersSent) res.destroy();
      else sendRefusal(res, refused);
    }
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.#checkSource(req);
    const [path = '/', query = ''] = (req.url ?? '/').split('?', 2);
    const { allow, answer } = this.#routeOf(path, query);
    if (!allow.includes(req.method ?? '')) {
      sendRefusal(res, refusal(405, 'CONFIG_INVALID', `this address takes ${allow.join(', ')}`), {
        Allow: allow.join(', '),
      });
    } else {
      await answer(req, res);
    }
  }

  #routeOf(path: string, query: string): Route {
    const change = own(CHANGES, path);
    if (change !== undefined) {
      return { allow: ['POST'], answer: (req, res) => answerChange(change, this.#agent, req, res) };
    }
    const read = own(READS, path);
    if (read !== undefined) return { allow: ['GET', 'HEAD'], answer: (_, res) => answerRead(read, this.#agent, res) };
    if (path === '/api/stream') {
      return { allow: ['GET'], answer: (req, res) => this.#stream(req, res, new URLSearchParams(query)) };
    }
    if (path === '/healthz') {
      return {
        allow: ['GET', 'HEAD'],
        answer: (_, res) => sendJson(res, 200, { ok: true, streams: this.#feeds.size }),
      };
    }
    return { allow: ['GET', 'HEAD'], answer: (_, res) => this.#file(path, res) };
  }

  #file(path: string, res: ServerResponse): void {
    if (this.#page.serve(path, res)) return;
    if (path === '/') throw new Refused(503, 'INTERNAL', 'the page is not built', 'Run `npm run build`.');
    throw new Refused(404, 'CONFIG_INVALID', 'there is nothing at this address');
  }

  /** Requests that another site's page made a browser send are refused. */
  #checkSource(req: IncomingMessage): void {
    const bound = this.#bound;
    const host = req.headers.host;
    if (bound === undefined || host === undefined || !isOurHost(host, bound)) {
      throw new Refused(
        403,
        'BIND_REFUSED',
        'the Host header names another server',
        `Open http://127.0.0.1:${bound?.port ?? ''}/; through \`ssh -L\`, use the same port on both ends.`,
      );
    }
    if (!isOurOrigin(req.headers.origin, host)) {
      throw new Refused(403, 'BIND_REFUSED', 'the request comes from a page of another site');
    }
  }

  async #stream(req: IncomingMessage, res: ServerResponse, query: URLSearchParams): Promise<void> {
    const lookBackSec = lookBackOf(query);
    if (this.#feeds.size >= MAX_STREAMS) {
      throw new Refused(503, 'INTERNAL', `${MAX_STREAMS} pages are open already`, 'Close one of them.');
    }
    const feed = new Feed({ agent: this.#agent, res, lookBackSec, lastSampleMs: lastSampleOf(req) });
    this.#feeds.add(feed);
    try {
      await feed.run();
    } finally {
      this.#feeds.delete(feed);
    }
  }
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function listen(server: Server, wanted: HostPort): Promise<HostPort> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, formatHostPort(wanted))));
    server.listen(wanted.port, wanted.host, () => {
      server.removeAllListeners('error');
      // A connection that cannot be accepted (EMFILE) is that client's loss, not the end of the gateway.
      server.on('error', () => undefined);
      resolve({ host: wanted.host, port: (server.address() as AddressInfo).port });
    });
  });
}

function bindError(error: NodeJS.ErrnoException, address: string): GatewayError {
  if (error.code === 'EADDRINUSE') {
    return new GatewayError(
      'PORT_IN_USE',
      `${address} is taken by another program, so the page cannot be served there`,
      `Find it with \`ss -ltnp\`, or choose another address for the page.`,
      error,
    );
  }
  return new GatewayError(
    'BIND_REFUSED',
    `cannot serve the page on ${address}: ${error.message}`,
    'Choose an address of this host and a port from 1024 up.',
    error,
  );
}
