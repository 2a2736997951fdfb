/**
 * HTTP in front of one or many agents, for the page: static files, JSON reads, one stream of server-sent events per
 * browser, and calls that change a host and carry the browser's token to its agent. The gateway is a gRPC client like any
 * other: it has no privilege of its own.
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { formatHostPort, isLoopback, parseHostPort, type HostPort } from './address.js';
import { AgentSet } from './agent-set.js';
import type { AgentTarget } from './agent-target.js';
import { GatewayError } from './errors.js';
import { AgentsFleet } from './fleet/agents-fleet.js';
import type { FleetSource } from './fleet/answer.js';
import { PrometheusApi } from './fleet/prometheus-api.js';
import { PrometheusFleet } from './fleet/prometheus-fleet.js';
import { makeServer, type PageCertificate } from './page-server.js';
import { remoteOf } from './remote.js';
import { RequestLimits, type Rates } from './request-limits.js';
import { sendRefusal } from './respond.js';
import { Router } from './router.js';
import { StaticFiles } from './static-files.js';
import { refusalOf } from './status.js';
import { UntakenAnswers } from './untaken-answers.js';

/** Where the gateway says what happens; pino's loggers fit. */
export interface GatewayLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

export interface GatewayOptions {
  /** `HOST:PORT` to serve on; port 0 lets the kernel choose. */
  readonly address: string;
  /** The first is shown where a browser names none. */
  readonly agents: readonly AgentTarget[];
  /** A Prometheus server to read the overview of all hosts from; undefined: from the agents. */
  readonly prometheus?: string | undefined;
  /** The built page (dist/web/page). */
  readonly pageDir: string;
  /** The folder that holds ksmpilot/v1/ksmpilot.proto. */
  readonly protoDir: string;
  /** HTTPS. Then the address may be other than loopback, and whoever looks must sign in. */
  readonly certificate?: PageCertificate | undefined;
  /** With HTTPS: tell browsers to use nothing else for this host name. */
  readonly hsts?: boolean | undefined;
  /** How often requests may come; what is not given is as request-limits.ts says. */
  readonly rates?: Rates | undefined;
  readonly log: GatewayLog;
}

/** Half a year: browsers that were here ask for HTTPS only. */
const HSTS = 'max-age=15552000';

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #page: StaticFiles;
  readonly #agents: AgentSet;
  readonly #router: Router;
  readonly #limits: RequestLimits;
  readonly #untaken = new UntakenAnswers();
  #server: Server | undefined;
  #bound: HostPort | undefined;

  /** Throws a GatewayError CONFIG_INVALID where two agents have one name, or `prometheus` is no address. */
  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#limits = new RequestLimits(options.rates);
    this.#page = new StaticFiles(options.pageDir);
    this.#agents = new AgentSet(options.agents, options.protoDir);
    this.#router = new Router({
      agents: this.#agents,
      fleet: fleetOf(options, this.#agents),
      page: this.#page,
      scheme: options.certificate === undefined ? 'http' : 'https',
      signInRequired: options.certificate !== undefined,
      certificate: () => options.certificate?.leaf,
      bound: () => this.#bound,
    });
  }

  /**
   * Binds and serves. The agents need not be there yet. Rejects with a GatewayError: CONFIG_INVALID, BIND_REFUSED,
   * PORT_IN_USE.
   */
  async start(): Promise<{ url: string }> {
    const { address, certificate, log, pageDir } = this.#options;
    const wanted = parseHostPort(address);
    if (!isLoopback(wanted.host) && certificate === undefined) {
      throw new GatewayError(
        'BIND_REFUSED',
        `${wanted.host} is not a loopback address, and without HTTPS anybody could listen in`,
        'Set http.tls (docs/security.md), or serve on 127.0.0.1 and reach it with `ssh -L`.',
      );
    }
    if (!(await this.#page.load())) log.warn({ pageDir }, 'the page is not built; run `npm run build`');
    this.#agents.start();
    try {
      const server = makeServer(certificate, (req, res) => {
        void this.#serve(req, res);
      });
      this.#server = server;
      this.#bound = await listen(server, wanted);
    } catch (error) {
      await this.stop();
      throw error;
    }
    return { url: `${certificate === undefined ? 'http' : 'https'}://${formatHostPort(shown(this.#bound))}/` };
  }

  /** Ends every stream and connection. Can be called at any time, and again. */
  async stop(): Promise<void> {
    this.#router.stop();
    this.#agents.stop();
    this.#options.certificate?.stop();
    const server = this.#server;
    this.#server = undefined;
    if (server?.listening !== true) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (this.#options.certificate !== undefined && this.#options.hsts === true) {
      res.setHeader('Strict-Transport-Security', HSTS);
    }
    try {
      this.#limits.take(remoteOf(req.socket.remoteAddress));
      await this.#router.route(req, res);
    } catch (error) {
      const refused = refusalOf(error);
      if (refused.status === 500) this.#options.log.warn({ err: error, url: req.url }, 'a request failed');
      if (res.headersSent) res.destroy();
      else sendRefusal(res, refused);
    }
    this.#untaken.add(res);
  }
}

/** All addresses of this host have its name. */
function shown({ host, port }: HostPort): HostPort {
  return { host: host === '0.0.0.0' || host === '::' ? hostname() : host, port };
}

function fleetOf({ prometheus }: GatewayOptions, agents: AgentSet): FleetSource {
  if (prometheus === undefined) return new AgentsFleet(agents.all);
  return new PrometheusFleet({
    api: new PrometheusApi({ url: prometheus }),
    agents: agents.all.map(({ name }) => name),
  });
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
