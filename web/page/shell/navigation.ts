/** The list of views; the one that is shown is marked. */

import type { PageApp } from '../app.js';
import { element } from '../dom.js';
import type { View } from '../view.js';

export class Navigation {
  readonly #links: readonly { readonly view: View; readonly link: HTMLAnchorElement }[];

  constructor(views: readonly View[]) {
    this.#links = views
      .filter(({ inNavigation }) => inNavigation)
      .map((view) => ({
        view,
        link: element('a', { href: `#/${view.id}`, 'data-testid': `nav-${view.id}` }, view.title),
      }));
  }

  mount(root: HTMLElement): void {
    root.append(element('ul', {}, ...this.#links.map(({ link }) => element('li', {}, link))));
  }

  /** Keeps range and agent in the links. */
  update(app: PageApp): void {
    for (const { view, link } of this.#links) {
      const href = app.hrefOf(view.id);
      if (link.getAttribute('href') !== href) link.setAttribute('href', href);
    }
  }

  show(shown: View): void {
    const marked = shown.inNavigation ? shown.id : shown.under;
    for (const { view, link } of this.#links) {
      if (view.id === marked) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = `${shown.title} – ksmpilot`;
  }
}
