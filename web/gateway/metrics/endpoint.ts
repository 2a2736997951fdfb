/** `GET /metrics`: agents are asked at most once a second, whoever scrapes and how often. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SECURITY_HEADERS } from '../respond.js';
import { Refused } from '../status.js';
import { CONTENT_TYPES, formatFor, takesGzip } from './accept.js';
import { FAMILIES } from './catalogue.js';
import { expose, type HostReading } from './exposition.js';
import { readAgent, type GuestChoice, type MetricsAgent } from './reading.js';

/** Figures this old are told again; the agent samples once a second at most. */
const FRESH_MS = 1_000;
/** Well within the ten seconds that Prometheus gives a scrape. */
const ANSWER_WITHIN_MS = 3_000;
/** Below this a packet holds it anyhow. */
const GZIP_FROM_BYTES = 1_400;

/** Scrapers whose rounds are kept apart because they bear different tokens. */
const MAX_SCRAPERS = 16;

export interface AskedAgent {
  /** Value of the label `host`. */
  readonly name: string;
  readonly client: MetricsAgent;
  /** `Bearer TOKEN` of who scrapes; undefined: nobody in particular. */
  readonly who: string | undefined;
}

export interface MetricsOptions {
  /** Monotonic, milliseconds. */
  readonly now?: () => number;
  /** How long an agent may take to answer, milliseconds. */
  readonly answerWithinMs?: number;
}

/** One round of questions, and the answers made of it. */
interface Round {
  readonly beganMs: number;
  readonly hosts: Promise<readonly HostReading[]>;
  isAnswered: boolean;
  readonly bodies: Map<string, Promise<Buffer>>;
}

export class MetricsEndpoint {
  readonly #options: Required<MetricsOptions>;
  /** By whom the agents are asked for. */
  readonly #rounds = new Map<string, Round>();

  constructor(options: MetricsOptions = {}) {
    this.#options = { now: () => performance.now(), answerWithinMs: ANSWER_WITHIN_MS, ...options };
  }

  /**
   * Answers 200 also where no agent answers: `ksmpilot_up` says so. Throws Refused for a query that makes no sense.
   *
   * @param agents names differ
   */
  async answer(
    req: IncomingMessage,
    res: ServerResponse,
    query: URLSearchParams,
    agents: readonly AskedAgent[],
  ): Promise<void> {
    const guests = guestChoiceOf(query);
    const format = formatFor(req.headers.accept);
    const round = this.#freshRound(agents);
    const plain = await bodyOf(round, `${format} ${guests}`, async () =>
      Buffer.from(expose({ families: FAMILIES, hosts: await round.hosts, guests, format })),
    );
    const isPacked = takesGzip(req.headers['accept-encoding']) && plain.length >= GZIP_FROM_BYTES;
    const body = isPacked
      ? await bodyOf(round, `${format} ${guests} gzip`, () => promisify(gzip)(plain, { level: 1 }))
      : plain;
    res.writeHead(200, {
      ...SECURITY_HEADERS,
      'Content-Type': CONTENT_TYPES[format],
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      Vary: 'Accept, Accept-Encoding',
      ...(isPacked && { 'Content-Encoding': 'gzip' }),
    });
    res.end(body);
  }

  /** A round that is under way is joined; one that was answered within the last second is told again. */
  #freshRound(agents: readonly AskedAgent[]): Round {
    const key = JSON.stringify(agents.map(({ name, who }) => [name, who]));
    const beganMs = this.#options.now();
    const known = this.#rounds.get(key);
    if (known !== undefined && (!known.isAnswered || beganMs - known.beganMs < FRESH_MS)) return known;
    const round: Round = { beganMs, hosts: this.#ask(agents), isAnswered: false, bodies: new Map() };
    void round.hosts.then(() => (round.isAnswered = true));
    this.#rounds.delete(key);
    this.#rounds.set(key, round);
    for (const [oldest] of this.#rounds) {
      if (this.#rounds.size <= MAX_SCRAPERS) break;
      this.#rounds.delete(oldest);
    }
    return round;
  }

  #ask(agents: readonly AskedAgent[]): Promise<readonly HostReading[]> {
    return Promise.all(
      agents.map(async ({ name, client, who }) => ({
        host: agents.length > 1 ? name : undefined,
        reading: await readAgent(client, who, this.#options.answerWithinMs),
      })),
    );
  }
}

/** Made once a round. */
function bodyOf({ bodies }: Round, key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  let body = bodies.get(key);
  if (body === undefined) bodies.set(key, (body = make()));
  return body;
}

const GUEST_CHOICES: Readonly<Record<string, GuestChoice>> = { '1': 'all', named: 'named', '0': 'none' };

function guestChoiceOf(query: URLSearchParams): GuestChoice {
  const said = query.get('guests') ?? '1';
  const choice = Object.hasOwn(GUEST_CHOICES, said) ? GUEST_CHOICES[said] : undefined;
  if (choice !== undefined) return choice;
  throw new Refused(
    400,
    'CONFIG_INVALID',
    `guests is ${JSON.stringify(said)}`,
    'Give guests=1 for all, guests=named for all but lone processes, guests=0 for none.',
  );
}
