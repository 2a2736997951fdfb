/** The agent's whole configuration, as it is in force. */

import type { Settings__Output } from '../../../../proto/generated/ksmpilot/v1/Settings.js';
import { element } from '../../dom.js';
import { copyable } from '../../rich-text.js';
import type { App } from '../../view.js';
import { refusalOf } from '../guest/on-demand.js';
import { configGroups, type ConfigGroup } from './config-lines.js';

export class ConfigPanel {
  readonly root: HTMLElement;
  readonly #app: App;
  readonly #content = element('div', { class: 'config-groups', 'data-testid': 'config' });
  readonly #asked = new AbortController();
  /** Which agent's run the shown one is of. */
  #shownOf: number | undefined;

  constructor(app: App) {
    this.#app = app;
    this.root = element(
      'section',
      { class: 'panel config', 'aria-labelledby': 'config-title' },
      element('h2', { id: 'config-title' }, 'Configuration of the agent'),
      element(
        'p',
        { class: 'soft' },
        'As in force, secrets left out. What the tuner may do can be changed on its own page.',
      ),
      this.#content,
    );
  }

  /** Asks once for each run of the agent. */
  update(startedMs: number | undefined): void {
    if (startedMs === undefined || startedMs === this.#shownOf) return;
    this.#shownOf = startedMs;
    void this.#load();
  }

  stop(): void {
    this.#asked.abort();
  }

  async #load(): Promise<void> {
    try {
      const { config_json: json } = await this.#app.api.get<Settings__Output>('settings', {}, this.#asked.signal);
      const groups = configGroups(json);
      this.#content.replaceChildren(...(groups === undefined ? [element('pre', {}, json)] : groups.map(groupOf)));
    } catch (error) {
      if (!this.#asked.signal.aborted) this.#content.replaceChildren(refusalOf(error));
    }
  }
}

function groupOf({ name, lines }: ConfigGroup): HTMLElement {
  const rows = lines.flatMap(({ key, value }) => [
    element('dt', {}, element('code', {}, key)),
    element('dd', {}, /[/\s]/.test(value) && value.length > 12 ? copyable(value) : value),
  ]);
  return element(
    'div',
    { class: 'config-group' },
    element('h3', {}, name === '' ? 'general' : name),
    element('dl', {}, ...rows),
  );
}
