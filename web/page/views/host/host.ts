/** The host: what is wrong and how to cure it, what its kernel offers, how the probes fare, and how the agent is set. */

import { element, refill, setText } from '../../dom.js';
import { tierSentence } from '../../breaks.js';
import { count } from '../../format.js';
import { richText } from '../../rich-text.js';
import type { PageState } from '../../state.js';
import type { View } from '../../view.js';
import { ConfigPanel } from './config.js';
import { agentFacts, machineFacts, memoryFacts, type HostFact } from './facts.js';
import { featureRows } from './features.js';
import { ProbesView } from './probes.js';
import { problemsOf } from './problems.js';

export const hostView: View = {
  id: 'host',
  title: 'Host',
  inNavigation: true,
  mount(root, app) {
    const problems = new Problems();
    const facts = [
      { panel: new FactsPanel('machine', 'Machine'), of: ({ host }: PageState) => machineFacts(host) },
      { panel: new FactsPanel('memory', 'Memory'), of: ({ host, sample }: PageState) => memoryFacts(host, sample) },
      {
        panel: new FactsPanel('agent', 'Agent'),
        of: ({ host, sample }: PageState) => agentFacts(host, sample, Date.now()),
      },
    ];
    const features = new Features();
    const probes = new ProbesView();
    const tier = element('p', { class: 'note', 'data-testid': 'host-tier' }, '\u00a0');
    probes.root.append(tier);
    const config = new ConfigPanel(app);
    root.append(
      element(
        'div',
        { class: 'host-grid' },
        problems.root,
        ...facts.map(({ panel }) => panel.root),
        probes.root,
        features.root,
        config.root,
      ),
    );
    return {
      update(state) {
        problems.update(state);
        for (const { panel, of } of facts) panel.update(of(state));
        features.update(state);
        probes.update(state);
        setText(tier, `COW breaks: ${tierSentence(state.sample, state.host)}`);
        config.update(state.host?.agent_started_ms);
      },
      unmount: () => config.stop(),
    };
  },
};

class Problems {
  readonly root: HTMLElement;
  readonly #title = element('h2', { id: 'problems-title' }, 'Problems');
  readonly #list = element('ul', { class: 'problems', 'data-testid': 'problems' });

  constructor() {
    this.root = element(
      'section',
      { class: 'panel problems-panel', 'aria-labelledby': 'problems-title' },
      this.#title,
      this.#list,
    );
  }

  update({ host }: PageState): void {
    const problems = host === undefined ? undefined : problemsOf(host);
    setText(
      this.#title,
      problems === undefined || problems.length === 0 ? 'Problems' : `Problems: ${count(problems.length)}`,
    );
    this.root.classList.toggle('missing', problems !== undefined && problems.length > 0);
    refill(this.#list, JSON.stringify(problems ?? null), () => {
      if (problems === undefined) return [element('li', { class: 'soft' }, 'Waiting for the agent.')];
      if (problems.length === 0) {
        return [
          element('li', { class: 'held' }, '✓ Nothing is missing on this host, and nothing works against ksmpilot.'),
        ];
      }
      return problems.map(({ code, what, cure }) =>
        element(
          'li',
          {},
          element(
            'p',
            {},
            element('code', { title: 'docs/errors.md tells of each code' }, code),
            ' ',
            ...richText(what),
          ),
          ...(cure === ''
            ? []
            : [element('p', { class: 'cure' }, element('strong', {}, 'Cure: '), ...richText(cure, true))]),
        ),
      );
    });
  }
}

class FactsPanel {
  readonly root: HTMLElement;
  readonly #list: HTMLElement;

  constructor(id: string, title: string) {
    this.#list = element('dl', { class: 'facts', 'data-testid': `host-${id}` });
    this.root = element(
      'section',
      { class: 'panel', 'aria-labelledby': `host-${id}-title` },
      element('h2', { id: `host-${id}-title` }, title),
      this.#list,
    );
  }

  update(facts: readonly HostFact[]): void {
    // Made once; from then on only texts change, so that nothing moves.
    if (this.#list.childElementCount === 0) {
      for (const { title } of facts) {
        const row = element('div', {}, element('dt', {}, title), element('dd'), element('dd', { class: 'soft' }));
        this.#list.append(row);
      }
    }
    facts.forEach(({ value, more = '', isBad = false }, index) => {
      const row = this.#list.children[index];
      const [, figure, below] = row?.children ?? [];
      if (row === undefined || figure === undefined || below === undefined) return;
      setText(figure, isBad ? `⚠ ${value}` : value);
      setText(below, more);
      row.classList.toggle('is-bad', isBad);
    });
  }
}

class Features {
  readonly root: HTMLElement;
  readonly #list = element('ul', { class: 'features', 'data-testid': 'features' });

  constructor() {
    this.root = element(
      'section',
      { class: 'panel features-panel', 'aria-labelledby': 'features-title' },
      element('h2', { id: 'features-title' }, 'What this kernel’s KSM offers'),
      this.#list,
    );
  }

  update({ host }: PageState): void {
    const rows = host === undefined ? [] : featureRows(host.ksm_features);
    refill(this.#list, JSON.stringify(rows), () =>
      rows.map(({ title, file, present, means }) =>
        element(
          'li',
          { class: present ? 'there' : 'absent', title: `/sys/kernel/mm/ksm/${file}` },
          element('span', { class: 'sign', 'aria-hidden': 'true' }, present ? '✓' : '–'),
          element('span', {}, title, element('span', { class: 'unseen' }, present ? ', there: ' : ', not there: ')),
          element('span', { class: 'soft' }, means),
        ),
      ),
    );
  }
}
