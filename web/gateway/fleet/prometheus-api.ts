/** The part of Prometheus' HTTP API that is used here: https://prometheus.io/docs/prometheus/latest/querying/api/ */

import { GatewayError } from '../errors.js';
import { Refused } from '../status.js';

/** One element of an instant vector. */
export interface Element {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One element of a range vector: values by the time of the query's steps, milliseconds since the epoch. */
export interface Range {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, number>;
}

export interface PrometheusOptions {
  /** `http://HOST:9090`, with a path where a proxy needs one; `USER:PASSWORD@` becomes basic authentication. */
  readonly url: string;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

const TIMEOUT_MS = 5_000;
/** A thousand hosts take some 200 kB an instant query, and 1 MB for 30 steps. */
const MAX_BYTES = 8 * 1024 * 1024;

export class PrometheusApi {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;

  /** Throws a GatewayError CONFIG_INVALID. */
  constructor({ url, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES }: PrometheusOptions) {
    const base = URL.canParse(url) ? new URL(url) : undefined;
    if (base === undefined || !['http:', 'https:'].includes(base.protocol) || base.search !== '' || base.hash !== '') {
      throw new GatewayError(
        'CONFIG_INVALID',
        `${JSON.stringify(url)} is not the address of a Prometheus server`,
        'Give such as http://prometheus.example:9090.',
      );
    }
    const { username, password } = base;
    base.username = '';
    base.password = '';
    this.#headers =
      username === ''
        ? {}
        : {
            Authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
          };
    base.pathname = `${base.pathname.replace(/\/$/, '')}/`;
    this.#base = base;
    this.#timeoutMs = timeoutMs;
    this.#maxBytes = maxBytes;
  }

  /** Without credentials. */
  get shown(): string {
    return this.#base.href;
  }

  /** An instant vector, now. Rejects with Refused PROMETHEUS_UNREACHABLE. */
  async vector(query: string): Promise<readonly Element[]> {
    const result = await this.#ask('query', { query }, 'vector');
    return result.flatMap(({ metric, value }) => {
      const number = Number(value?.[1]);
      return Number.isFinite(number) ? [{ labels: metric, value: number }] : [];
    });
  }

  /** Rejects likewise. */
  async range(
    query: string,
    { fromMs, toMs, stepMs }: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
  ): Promise<readonly Range[]> {
    const span = { start: String(fromMs / 1_000), end: String(toMs / 1_000), step: String(stepMs / 1_000) };
    const result = await this.#ask('query_range', { query, ...span }, 'matrix');
    return result.map(({ metric, values = [] }) => ({
      labels: metric,
      values: new Map(values.map(([sec, text]) => [Math.round(sec * 1_000), Number(text)])),
    }));
  }

  async #ask(path: string, params: Readonly<Record<string, string>>, type: string): Promise<readonly Result[]> {
    const url = new URL(`api/v1/${path}`, this.#base);
    url.search = new URLSearchParams(params).toString();
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const response = await fetch(url, { headers: this.#headers, redirect: 'error', signal });
      const text = await this.#textOf(response);
      const answer = parsed(text);
      if (response.ok && answer?.status === 'success' && answer.data?.resultType === type) return answer.data.result;
      throw this.#refused(
        answer?.error ?? `it answered with HTTP status ${response.status}, and not as Prometheus does`,
      );
    } catch (error) {
      if (error instanceof Refused) throw error;
      throw this.#refused(signal.aborted ? `nothing came within ${this.#timeoutMs / 1_000} s` : causeOf(error));
    }
  }

  async #textOf(response: Response): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > this.#maxBytes) throw this.#refused(`its answer is longer than ${this.#maxBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #refused(why: string): Refused {
    return new Refused(
      502,
      'PROMETHEUS_UNREACHABLE',
      `Prometheus at ${this.shown} could not be read: ${why}`,
      `Try \`curl ${this.shown}-/ready\` from the machine that ksmpilot web runs on.`,
    );
  }
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [sec: number, text: string];
  readonly values?: readonly (readonly [sec: number, text: string])[];
}

interface Envelope {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType: string; readonly result: readonly Result[] };
}

function parsed(text: string): Envelope | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** fetch says `fetch failed` and keeps the reason. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
