/** Plain HTTP as a test wants it: any header, any path, nothing normalised. */

import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON; undefined where it is none. */
  readonly json: unknown;
}

export interface Ask {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Opens a request and resolves once the headers have come; the body is the caller's to read. */
export function open({ port, path, method = 'GET', headers = {}, body }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, method, headers: { ...headers } }, resolve);
    req.on('error', reject);
    req.end(body);
  });
}

export async function ask(what: Ask): Promise<Answer> {
  const res = await open(what);
  let body = '';
  for await (const chunk of res.setEncoding('utf8')) body += String(chunk);
  return { status: res.statusCode ?? 0, headers: res.headers, body, json: parsed(body) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

export interface SseEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** Reads server-sent events until `enough` says so. Rejects when the stream ends before, or after `timeoutMs`. */
export async function readEvents(
  res: IncomingMessage,
  enough: (events: readonly SseEvent[]) => boolean,
  timeoutMs = 10_000,
): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  let rest = '';
  const timer = setTimeout(
    () => res.destroy(new Error(`not enough after ${timeoutMs} ms: ${events.length} events`)),
    timeoutMs,
  );
  try {
    for await (const chunk of res.setEncoding('utf8')) {
      const blocks = (rest + String(chunk)).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event !== undefined)
          events.push({ event, id: field('id'), data: JSON.parse(field('data') ?? 'null') as unknown });
      }
      if (enough(events)) return events;
    }
    throw new Error(`the stream ended after ${events.length} events`);
  } finally {
    clearTimeout(timer);
  }
}
