/** Addresses under /api that pass on what one agent says, and to it what changes its host. */

import type { AgentClient, Authorization } from './agent-client.js';
import { mergeOf, modeOf, nothingOf, settingsOf, type Body } from './bodies.js';
import { guestOf, historyOf, pastEventsOf, whatIfOf } from './queries.js';

const DECISIONS = 100;

type Read = (agent: AgentClient, who: Authorization, query: URLSearchParams) => Promise<unknown>;

/** Answers of the agent, passed on as they are; what a request asks for wrongly throws at once. */
export const READS: Readonly<Record<string, Read>> = {
  '/api/host': (agent, who) => agent.host(who),
  '/api/status': (agent, who) => agent.status(who),
  '/api/tuner': (agent, who) => agent.tuner(who, DECISIONS),
  '/api/processes': (agent, who) => agent.processes(who),
  '/api/guests': (agent, who) => agent.guests(who),
  '/api/settings': (agent, who) => agent.settings(who),
  '/api/history': (agent, who, query) => agent.history(who, historyOf(query)),
  '/api/events': (agent, who, query) => agent.pastEvents(who, pastEventsOf(query)),
  '/api/guests/why': (agent, who, query) => agent.whyGuest(who, guestOf(query)),
  '/api/guests/map': (agent, who, query) => agent.mapGuest(who, guestOf(query)),
  '/api/whatif': (agent, who, query) => agent.whatIf(who, whatIfOf(query)),
};

type Change = (agent: AgentClient, who: string, body: Body) => Promise<unknown>;

/** Calls that change the host. `who` bears a token, which the agent checks. */
export const CHANGES: Readonly<Record<string, Change>> = {
  '/api/mode': (agent, who, body) => agent.setMode(who, modeOf(body)),
  '/api/pause': (agent, who, body) => {
    nothingOf(body);
    return agent.pause(who);
  },
  '/api/resume': (agent, who, body) => {
    nothingOf(body);
    return agent.resume(who);
  },
  '/api/restore': (agent, who, body) => {
    nothingOf(body);
    return agent.restore(who);
  },
  '/api/settings': (agent, who, body) => agent.updateSettings(who, settingsOf(body)),
  '/api/guests/merge': (agent, who, body) => agent.setGuestMerge(who, mergeOf(body)),
};
