/** Calls of the gateway's HTTP API, for the agent that the page shows. */

export type ApiParams = Readonly<Record<string, string | number | boolean | undefined>>;

/** Every refusal of the gateway, and the lack of an answer (code UNREACHABLE, status 0). */
export class ApiError extends Error {
  /** A stable code of docs/errors.md. */
  readonly code: string;
  /** What to do about it; undefined where nobody knows. */
  readonly hint: string | undefined;
  /** HTTP status; 0 where nothing answered. */
  readonly status: number;

  constructor({
    code,
    message,
    hint,
    status,
  }: {
    code: string;
    message: string;
    hint?: string | null;
    status: number;
  }) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.hint = hint ?? undefined;
    this.status = status;
  }

  /** Is it something that this agent or host does not offer, rather than a fault that passes? */
  get isAbsence(): boolean {
    return this.status === 404 || this.status === 501 || this.status === 503;
  }
}

export class Api {
  #agent: string | undefined;

  /** Name of the agent that is asked; undefined: the gateway's first. */
  get agent(): string | undefined {
    return this.#agent;
  }

  setAgent(name: string | undefined): void {
    this.#agent = name;
  }

  /** Address of `path` (below api/, such as `guests/why`) with its parameters and the agent; undefined ones are left out. */
  url(path: string, params: ApiParams = {}): string {
    const query = new URLSearchParams();
    const all: ApiParams = { agent: this.#agent, ...params };
    for (const [name, value] of Object.entries(all)) {
      if (value !== undefined) query.set(name, String(value));
    }
    const text = query.toString();
    return `api/${path}${text === '' ? '' : `?${text}`}`;
  }

  /**
   * Rejects with ApiError, or with the signal's reason.
   *
   * @param path below api/, such as `history`
   */
  async get<T>(path: string, params: ApiParams = {}, signal?: AbortSignal): Promise<T> {
    return await this.#ask<T>(this.url(path, params), signal === undefined ? {} : { signal });
  }

  /** Sends JSON; the session's cookie goes along by itself. Rejects with ApiError. */
  async post<T>(path: string, body: object = {}, signal?: AbortSignal): Promise<T> {
    return await this.#ask<T>(this.url(path), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Rejects with ApiError. */
  async delete<T>(path: string): Promise<T> {
    return await this.#ask<T>(this.url(path), { method: 'DELETE' });
  }

  async #ask<T>(url: string, init: RequestInit): Promise<T> {
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw new ApiError({
        code: 'UNREACHABLE',
        message: 'ksmpilot does not answer',
        hint: 'The page asks again by itself once it does.',
        status: 0,
      });
    }
    const body = await bodyOf(response);
    // The gateway is of the same build as this page: both come from one server.
    if (response.ok) return body as T;
    throw refusalOf(body, response.status);
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function refusalOf(body: unknown, status: number): ApiError {
  const { code, message, hint } = (body ?? {}) as { code?: string; message?: string; hint?: string | null };
  return new ApiError({
    code: code ?? 'INTERNAL',
    message: message ?? `refused with HTTP status ${status}`,
    hint: hint ?? null,
    status,
  });
}
