/** The fleet as the agents themselves tell it. */

import type { ServedAgent } from '../agent-set.js';
import { TREND_MS, TREND_POINTS } from './agent-watch.js';
import { answerOf, type FleetAnswer, type FleetSource } from './answer.js';

export class AgentsFleet implements FleetSource {
  readonly name = 'agents';
  readonly #agents: readonly ServedAgent[];

  constructor(agents: readonly ServedAgent[]) {
    this.#agents = agents;
  }

  async look(): Promise<FleetAnswer> {
    const hosts = await Promise.all(
      this.#agents.map(async ({ name, watch }) => {
        const { trend, ...view } = await watch.firstLook();
        return { name, agent: name, ...view, trend: trend.values() };
      }),
    );
    return answerOf(hosts, { source: 'agents', time_ms: Date.now(), trend_step_ms: TREND_MS / TREND_POINTS });
  }
}
