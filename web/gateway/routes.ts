/** What each address under /api answers. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Mode } from '../../proto/generated/ksmpilot/v1/Mode.js';
import type { AgentClient } from './agent-client.js';
import { readJsonObject, sendJson } from './respond.js';
import { Refused } from './status.js';

const DECISIONS = 100;

/** Answers of the agent, passed on as they are. */
export const READS: Readonly<Record<string, (agent: AgentClient) => Promise<unknown>>> = {
  '/api/host': (agent) => agent.host(),
  '/api/status': (agent) => agent.status(),
  '/api/tuner': (agent) => agent.tuner(DECISIONS),
  '/api/processes': (agent) => agent.processes(),
  '/api/guests': (agent) => agent.guests(),
};

type Change = (agent: AgentClient, authorization: string, body: Record<string, unknown>) => Promise<unknown>;

/** Calls that change the host; each needs the agent's token, which the agent checks. */
export const CHANGES: Readonly<Record<string, Change>> = {
  '/api/mode': (agent, authorization, body) => agent.setMode(modeOf(body), authorization),
  '/api/pause': (agent, authorization, body) => agent.pause(withNothing(body, authorization)),
  '/api/resume': (agent, authorization, body) => agent.resume(withNothing(body, authorization)),
};

export async function answerRead(
  read: (agent: AgentClient) => Promise<unknown>,
  agent: AgentClient,
  res: ServerResponse,
): Promise<void> {
  sendJson(res, 200, await read(agent));
}

export async function answerChange(
  change: Change,
  agent: AgentClient,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // A page of another site can post a form or plain text without asking first, but not JSON.
  if (!/^application\/json(?:\s*;|$)/i.test(req.headers['content-type'] ?? '')) {
    throw new Refused(415, 'CONFIG_INVALID', 'the request is not JSON', 'Send Content-Type: application/json.');
  }
  const authorization = req.headers.authorization ?? '';
  if (!/^Bearer [\x21-\x7e]{1,512}$/.test(authorization)) {
    throw new Refused(
      401,
      'TOKEN_MISSING',
      'this changes the host and needs the token of the agent',
      'Send Authorization: Bearer TOKEN; `ksmpilot run` prints the token at its start.',
    );
  }
  sendJson(res, 200, await change(agent, authorization, await readJsonObject(req)));
}

const MODES: Readonly<Record<string, Mode>> = { observe: 'MODE_OBSERVE', advise: 'MODE_ADVISE', auto: 'MODE_AUTO' };

function modeOf({ mode, ...rest }: Record<string, unknown>): Mode {
  withNothing(rest, '');
  const known = typeof mode === 'string' && Object.hasOwn(MODES, mode) ? MODES[mode] : undefined;
  if (known !== undefined) return known;
  const said = mode === undefined ? 'missing' : JSON.stringify(mode);
  throw new Refused(400, 'CONFIG_INVALID', `mode is ${said}`, 'Give one of observe, advise, auto.');
}

/** Refuses a body with keys that nobody reads; returns `value` otherwise. */
function withNothing(body: Record<string, unknown>, value: string): string {
  const [key] = Object.keys(body);
  if (key === undefined) return value;
  throw new Refused(400, 'CONFIG_INVALID', `unknown key ${JSON.stringify(key)} in the request`, 'Leave it out.');
}

/** `look_back_sec` of the stream: whole seconds, 0 to 86400; 900 when not given. */
export function lookBackOf(query: URLSearchParams): number {
  const text = query.get('look_back_sec') ?? '900';
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (seconds <= 86_400) return seconds;
  throw new Refused(400, 'CONFIG_INVALID', `look_back_sec is ${JSON.stringify(text)}`, 'Give 0 to 86400 seconds.');
}

/** Browsers repeat the id of the newest event that they got; ids are sample times in milliseconds. */
export function lastSampleOf(req: IncomingMessage): number | undefined {
  const id = req.headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,15}$/.test(id) && Number(id) > 0 ? Number(id) : undefined;
}
