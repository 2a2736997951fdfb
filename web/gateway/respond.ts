/** Headers and bodies of every answer. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refused, type Refusal } from './status.js';

/**
 * Nothing from elsewhere is loaded, framed or embedded, nothing runs that is not a file of the page, and nobody else may
 * read what is served here. Chart.js styles its canvas by script (CSSOM), which `style-src 'self'` allows.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  res.writeHead(status, {
    ...SECURITY_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  res.end(body);
}

export function sendRefusal(
  res: ServerResponse,
  { status, body, headers = {} }: Refusal,
  more: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries({ ...headers, ...more })) res.setHeader(name, value);
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer realm="ksmpilot"');
  // The rest of an unread request body is not waited for.
  if (status === 413) res.setHeader('Connection', 'close');
  sendJson(res, status, body);
}

/** More than any request here needs; a longer body is refused unread. */
export const MAX_BODY_BYTES = 4 * 1024;

/** The JSON object sent with a POST; an empty body counts as `{}`. Rejects with Refused for anything else. */
export async function readJsonObject(req: IncomingMessage): Promise<Record<string, unknown>> {
  const tooLong = new Refused(413, 'CONFIG_INVALID', `the request body is longer than ${MAX_BODY_BYTES} bytes`);
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLong;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw tooLong;
      chunks.push(chunk);
    }
  } catch (error) {
    // Who leaves in the middle of a body is no failure of ours, and not worth a line in the log.
    throw error === tooLong ? tooLong : new Refused(400, 'CONFIG_INVALID', 'the request body ended too early');
  }
  if (length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Answered below, as any other body that is not an object.
  }
  throw new Refused(
    400,
    'CONFIG_INVALID',
    'the request body is not a JSON object',
    'Send an object such as {"mode": "observe"}, or {}.',
  );
}
