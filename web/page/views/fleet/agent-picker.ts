/** In the bar on top, where a gateway serves several agents: which host is shown. */

import { ApiError, type Api } from '../../api.js';
import { element } from '../../dom.js';
import type { AgentsAnswer } from './fleet-answer.js';

export interface AgentPickerOptions {
  readonly api: Api;
  /** The operator chose another host. */
  readonly onPick: (agent: string) => void;
}

/** Agents come and go slowly, and the gateway asks them no more often while only this looks. */
const AGAIN_MS = 10_000;
/** While one of them has not answered yet. */
const SOON_MS = 1_500;

const SIGNS = { connected: '●', connecting: '○', lost: '✕' } as const;

export class AgentPicker {
  readonly #options: AgentPickerOptions;
  readonly #select = element('select', { 'data-testid': 'agent', 'aria-label': 'Host' });
  readonly #root = element('label', { class: 'agent-picker', hidden: '' }, this.#select);
  #agents: AgentsAnswer['agents'] = [];

  constructor(options: AgentPickerOptions) {
    this.#options = options;
  }

  mount(root: HTMLElement): void {
    root.prepend(this.#root);
    this.#select.addEventListener('change', () => this.#options.onPick(this.#select.value));
    // The page itself takes the new address first.
    addEventListener('hashchange', () => setTimeout(() => this.update()));
    void this.#poll();
  }

  /** Marks the agent that is shown. */
  update(): void {
    const shown = this.#options.api.agent ?? this.#agents[0]?.name ?? '';
    if (this.#select.value !== shown) this.#select.value = shown;
  }

  async #poll(): Promise<void> {
    try {
      if (!document.hidden) this.#take(await this.#options.api.get<AgentsAnswer>('agents'));
    } catch (error) {
      // The page shows that the gateway does not answer; the list stays as it was.
      if (!(error instanceof ApiError)) throw error;
    }
    const isEarly = this.#agents.some(({ state }) => state === 'connecting');
    setTimeout(() => void this.#poll(), isEarly ? SOON_MS : AGAIN_MS);
  }

  #take({ agents, fleet }: AgentsAnswer): void {
    this.#agents = agents;
    this.#root.hidden = agents.length < 2;
    // With one agent and nobody else to compare it with, the view of all hosts is left out of the navigation.
    document.documentElement.toggleAttribute('data-alone', agents.length < 2 && fleet === 'agents');
    agents.forEach(({ name, state }, index) => {
      const option = this.#select.options[index] ?? this.#select.appendChild(element('option'));
      const text = `${SIGNS[state]} ${name}${state === 'connected' ? '' : `, ${state}`}`;
      if (option.value !== name) option.value = name;
      if (option.text !== text) option.text = text;
    });
    while (this.#select.options.length > agents.length) this.#select.lastElementChild?.remove();
    this.update();
  }
}
