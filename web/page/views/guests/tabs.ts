/** Tabs as the ARIA practices have them: one in the order of the Tab key, arrows go between them. */

import { element, setText } from '../../dom.js';
import { count } from '../../format.js';

export interface TabsOptions {
  readonly label: string;
  readonly tabs: readonly { readonly id: string; readonly title: string; readonly content: readonly HTMLElement[] }[];
  /** Id of the tab to begin with; the first where there is none of that id. */
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

interface Tab {
  readonly id: string;
  readonly button: HTMLButtonElement;
  readonly figure: HTMLElement;
  readonly panel: HTMLElement;
}

export class Tabs {
  readonly list: HTMLElement;
  readonly panels: readonly HTMLElement[];
  readonly #tabs: readonly Tab[];
  #chosen: string;

  constructor({ label, tabs, chosen, onChoose }: TabsOptions) {
    this.#tabs = tabs.map(({ id, title, content }) => {
      const figure = element('span', { class: 'soft' });
      const button = element(
        'button',
        { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, 'data-testid': `tab-${id}` },
        title,
        ' ',
        figure,
      );
      const panel = element('div', { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}` }, ...content);
      button.addEventListener('click', () => {
        this.#choose(id);
        onChoose(id);
      });
      return { id, button, figure, panel };
    });
    this.list = element(
      'div',
      { class: 'tabs', role: 'tablist', 'aria-label': label },
      ...this.#tabs.map(({ button }) => button),
    );
    this.panels = this.#tabs.map(({ panel }) => panel);
    this.list.addEventListener('keydown', (event) => this.#walk(event));
    this.#chosen = '';
    this.#choose(tabs.some(({ id }) => id === chosen) ? chosen : (tabs[0]?.id ?? ''));
  }

  get chosen(): string {
    return this.#chosen;
  }

  /** The figure beside a tab's title; undefined: none yet. */
  count(id: string, figure: number | undefined): void {
    const tab = this.#tabs.find((one) => one.id === id);
    if (tab !== undefined) setText(tab.figure, figure === undefined ? '' : count(figure));
  }

  #choose(id: string): void {
    this.#chosen = id;
    for (const { id: other, button, panel } of this.#tabs) {
      const isChosen = other === id;
      button.setAttribute('aria-selected', String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      panel.hidden = !isChosen;
    }
  }

  #walk(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = this.#tabs.findIndex(({ id }) => id === this.#chosen);
    if (step === undefined) return;
    event.preventDefault();
    const next = this.#tabs[(at + step + this.#tabs.length) % this.#tabs.length];
    next?.button.focus();
    next?.button.click();
  }
}
