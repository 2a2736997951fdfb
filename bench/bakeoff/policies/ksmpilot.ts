import type { Policy } from '../types.js';

/**
 * ksmpilot, auto mode: the observing agent of the cell, told to tune. It has estimated nothing so far (an observing agent
 * does not run the tuner), so it begins with a first look at the host as an agent that was started just now.
 */
export const ksmpilot: Policy = {
  name: 'ksmpilot',
  title: 'ksmpilot, auto mode',
  obstacle: () => Promise.resolve(undefined),
  async start({ agent, price }) {
    if (price === null) throw new Error('ksmpilot decides by price, and this cell has none');
    await agent.ask('tune', 'auto');
    return {
      async stop() {
        // Puts the knobs back as it found them. An agent that is gone already did so, or the cell does.
        await agent.ask('tune', 'observe').catch(() => undefined);
      },
    };
  },
};
