/** What KSM saves, costs and is worth, and whether the host is healthy. */

import { element, refill, setText } from '../../dom.js';
import { bytes, percent, short, signedCores } from '../../format.js';
import { checksOf, type Look } from '../../health.js';
import type { PageState } from '../../state.js';
import { worthSentence } from '../../worth.js';

/** Phases in which the tuner has no say in what the knobs are; undefined: before the first decision. */
const STANDING_STILL: ReadonlySet<string | undefined> = new Set([undefined, 'learning', 'hands-off', 'paused']);

const SIGNS: Readonly<Record<Look, { readonly sign: string; readonly word: string }>> = {
  bad: { sign: '✗', word: 'bad' },
  notice: { sign: '!', word: 'look at this' },
  unknown: { sign: '?', word: 'not known' },
  good: { sign: '✓', word: 'good' },
};

export class Headline {
  readonly #saved = figure('saved', 'Memory saved now');
  readonly #cpu = figure('cpu', 'CPU spent by ksmd');
  readonly #net = figure('net', 'Net worth');
  readonly #checks = element('ul', { class: 'checks', 'data-testid': 'health' });

  mount(root: HTMLElement): void {
    root.append(
      element(
        'section',
        { class: 'headline', 'aria-label': 'Headline' },
        this.#saved.root,
        this.#cpu.root,
        this.#net.root,
        element('div', { class: 'panel figure' }, element('h2', {}, 'Health'), this.#checks),
      ),
    );
  }

  update({ sample, host, tuner, decisions }: PageState): void {
    const saved = sample?.saved_bytes;
    const total = host?.mem_total_bytes;
    const share = saved === undefined || total === undefined ? undefined : (100 * saved) / total;
    // The kernel takes off what broke or ended when ksmd next comes by.
    const asOf = sample?.knobs?.run === 0 ? '; as of the last scan' : '';
    const profit = bytes(sample?.profit_bytes);
    this.#saved.show(bytes(saved), `${percent(share)} of this host's memory; profit ${profit}${asOf}`);
    const rate = short(sample?.scan_pages_per_sec);
    this.#cpu.show(percent(sample?.ksmd_cpu_pct), `of one core; scanning ${rate} pages/s`);
    const net = sample?.net_cores;
    const rests = tuner?.mode === 'MODE_AUTO' && !tuner.paused && !STANDING_STILL.has(decisions.at(-1)?.phase);
    this.#net.show(
      net === undefined ? signedCores(net) : `${signedCores(net)} cores`,
      worthSentence(sample, tuner?.settings?.gib_per_core, rests),
    );
    const checks = checksOf(host, sample);
    refill(this.#checks, JSON.stringify(checks), () =>
      checks.map(({ look, text, href }) =>
        element(
          'li',
          { class: `check ${look}` },
          element('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[look].sign),
          element('span', { class: 'unseen' }, `${SIGNS[look].word}: `),
          href === undefined ? element('span', {}, text) : element('a', { href }, text),
        ),
      ),
    );
  }
}

function figure(id: string, title: string): { root: HTMLElement; show: (big: string, more: string) => void } {
  const big = element('p', { class: 'big', 'data-testid': id }, '–');
  const more = element('p', { class: 'more', 'data-testid': `${id}-more` }, '\u00a0');
  return {
    root: element('div', { class: 'panel figure' }, element('h2', {}, title), big, more),
    show: (bigText, moreText) => {
      setText(big, bigText);
      setText(more, moreText);
    },
  };
}
