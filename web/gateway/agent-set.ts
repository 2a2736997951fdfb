/** The agents that a gateway serves, each with a connection and a watch of its own: none waits for another. */

import { AgentClient } from './agent-client.js';
import { withUniqueNames, type AgentTarget } from './agent-target.js';
import { AgentWatch } from './fleet/agent-watch.js';
import { Refused } from './status.js';

export interface ServedAgent {
  readonly name: string;
  readonly address: string;
  readonly client: AgentClient;
  readonly watch: AgentWatch;
}

export class AgentSet {
  readonly all: readonly ServedAgent[];

  /** Throws CONFIG_INVALID where two have one name. */
  constructor(targets: readonly AgentTarget[], protoDir: string) {
    this.all = withUniqueNames(targets).map((target) => {
      const client = new AgentClient({ target, protoDir });
      return { name: target.name, address: target.address, client, watch: new AgentWatch({ agent: client }) };
    });
  }

  start(): void {
    for (const { client } of this.all) client.start();
  }

  stop(): void {
    for (const { client, watch } of this.all) {
      watch.stop();
      client.stop();
    }
  }

  /** The agent called so, the first where none is named. Throws Refused 404. */
  pick(name: string | null): ServedAgent {
    const found = name === null || name === '' ? this.all[0] : this.all.find((agent) => agent.name === name);
    if (found !== undefined) return found;
    throw new Refused(
      404,
      'AGENT_ABSENT',
      name === null || name === '' ? 'this page serves no agent' : `no agent is called ${JSON.stringify(name)} here`,
      'GET /api/agents lists them; --agent NAME=HOST:PORT adds one.',
    );
  }
}
