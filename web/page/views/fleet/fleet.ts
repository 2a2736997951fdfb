/** All hosts: their sums, who stands out, and one row each. */

import { ApiError } from '../../api.js';
import { element, refill, setText } from '../../dom.js';
import { count } from '../../format.js';
import type { Order } from '../../order.js';
import { carriedOver, formatRoute, parseRoute } from '../../route.js';
import type { App, MountedView, View } from '../../view.js';
import { FLEET_COLUMNS, FLEET_KEYS, type FleetKey } from './columns.js';
import type { FleetAnswer } from './fleet-answer.js';
import { hostsWord, outlierWords, sumFigures, summaryOf } from './fleet-words.js';
import { HostTable } from './host-table.js';

/** Between the end of an answer and the next question; the gateway asks its agents no more often either. */
const AGAIN_MS = 3_000;
const OUTLIERS_SHOWN = 8;
const USUAL_ORDER: Order<FleetKey> = { key: 'net_cores', descending: false };

export const fleetView: View = {
  id: 'fleet',
  title: 'Fleet',
  inNavigation: true,
  mount: (root, app) => new FleetPage(root, app),
};

class FleetPage implements MountedView {
  readonly #app: App;
  readonly #over = new AbortController();
  readonly #summary = element('p', { class: 'summary', role: 'status', 'data-testid': 'fleet-summary' }, '\u00a0');
  readonly #trouble = element('p', { class: 'notice', role: 'alert', hidden: '', 'data-testid': 'fleet-trouble' });
  readonly #figures = element('section', { class: 'headline', 'aria-label': 'All hosts together' });
  readonly #outliers = element('ul', { 'data-testid': 'fleet-outliers' });
  readonly #note = element('p', { class: 'note', 'data-testid': 'fleet-note' }, '\u00a0');
  readonly #find = element('input', {
    type: 'search',
    id: 'find-hosts',
    placeholder: 'name, mode:auto, state:lost, problem:risk',
    spellcheck: 'false',
    autocomplete: 'off',
    'data-testid': 'fleet-search',
  });
  readonly #hosts: HostTable;
  #answer: FleetAnswer | undefined;
  #error: ApiError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, app: App) {
    this.#app = app;
    const { params } = app;
    this.#hosts = new HostTable({
      order: orderOf(params.get('sort')),
      onOrder: (order) => params.set('sort', wordOf(order)),
      hrefOf: hostHref,
    });
    this.#find.value = params.get('find') ?? '';
    this.#find.addEventListener('input', () => {
      params.set('find', this.#find.value.trim() === '' ? undefined : this.#find.value);
      app.redraw();
    });
    for (const { id, title, value, more } of sumFigures(undefined)) {
      this.#figures.append(
        element(
          'div',
          { class: 'panel figure' },
          element('h2', {}, title),
          element('p', { class: 'big', 'data-testid': `fleet-${id}` }, value),
          element('p', { class: 'more', 'data-testid': `fleet-${id}-more` }, more),
        ),
      );
    }
    root.append(
      this.#trouble,
      this.#figures,
      element(
        'section',
        { class: 'panel outliers', 'aria-labelledby': 'outliers-title' },
        element('h2', { id: 'outliers-title' }, 'Stands out'),
        this.#outliers,
      ),
      element(
        'section',
        { class: 'panel fleet-panel', 'aria-label': 'Hosts' },
        this.#summary,
        element(
          'div',
          { class: 'table-tools' },
          element('label', { for: 'find-hosts', class: 'find' }, element('span', {}, 'Find'), this.#find),
        ),
        this.#hosts.table.root,
        this.#note,
      ),
    );
    document.addEventListener('visibilitychange', this.#onVisible);
    this.#hosts.table.start();
    void this.#ask();
  }

  update(): void {
    const { sums, outliers = [], hosts = [], source } = this.#answer ?? {};
    for (const { id, value, more } of sumFigures(sums)) {
      this.#set(`fleet-${id}`, value);
      this.#set(`fleet-${id}-more`, more);
    }
    setText(this.#summary, this.#answer === undefined ? 'Waiting for the first answer.' : summaryOf(this.#answer));
    this.#trouble.hidden = this.#error === undefined;
    setText(this.#trouble, this.#error === undefined ? '' : troubleWords(this.#error, this.#answer !== undefined));
    const compared = sums?.connected ?? 0;
    refill(this.#outliers, JSON.stringify([outliers, compared]), () => {
      const shown = outliers.slice(0, OUTLIERS_SHOWN).map((one) => {
        const agent = hosts.find(({ name }) => name === one.name)?.agent;
        const who =
          agent === undefined ? element('b', {}, one.name) : element('a', { href: hostHref(agent) }, one.name);
        return element('li', {}, who, ` ${outlierWords(one, compared)}`);
      });
      const more = outliers.length - shown.length;
      if (more > 0) shown.push(element('li', { class: 'none' }, `${count(more)} more.`));
      return shown.length > 0 ? shown : [element('li', { class: 'none' }, nothingWords(compared))];
    });
    const left = this.#hosts.update(this.#answer, this.#find.value);
    const parts = [
      ...(this.#answer !== undefined && left < hosts.length
        ? [`${count(left)} of ${hostsWord(hosts.length)} match.`]
        : []),
      ...(source === 'prometheus' ? ['As Prometheus has it; rates are over five minutes.'] : []),
      ...(source === 'agents' ? ['As the agents say it, asked every three seconds while this is shown.'] : []),
      '▲ stands out.',
    ];
    setText(this.#note, this.#answer === undefined ? '\u00a0' : parts.join(' '));
  }

  unmount(): void {
    document.removeEventListener('visibilitychange', this.#onVisible);
    this.#over.abort();
    clearTimeout(this.#timer);
    this.#hosts.table.stop();
  }

  readonly #onVisible = (): void => {
    if (document.hidden || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    void this.#ask();
  };

  async #ask(): Promise<void> {
    this.#timer = undefined;
    const { signal } = this.#over;
    try {
      this.#answer = await this.#app.api.get<FleetAnswer>('fleet', {}, signal);
      this.#error = undefined;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.#error = error;
    }
    if (signal.aborted) return;
    this.#app.redraw();
    this.#timer = setTimeout(() => {
      if (!document.hidden) void this.#ask();
    }, AGAIN_MS);
  }

  #set(testId: string, text: string): void {
    const node = this.#figures.querySelector(`[data-testid="${testId}"]`);
    if (node !== null) setText(node, text);
  }
}

/** Address of a host's overview, with the range that is shown. */
function hostHref(agent: string): string {
  const to = parseRoute(`#/overview?${new URLSearchParams({ agent }).toString()}`);
  return formatRoute(carriedOver(to, parseRoute(location.hash)));
}

function troubleWords({ message, hint }: ApiError, hasOld: boolean): string {
  const old = hasOld ? ' The figures below are the last that came.' : '';
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}. ${hint ?? ''}${old}`;
}

function nothingWords(compared: number): string {
  return compared < 5 ? 'With fewer than five hosts there is nothing to compare with.' : 'No host stands out.';
}

/** `name`, `-saved_bytes`: with a minus, the largest first. */
function orderOf(text: string | undefined): Order<FleetKey> {
  const key = FLEET_KEYS.find((one) => one === text?.replace(/^-/, ''));
  const isSortable = FLEET_COLUMNS.some((column) => column.key === key && column.value !== undefined);
  return key === undefined || !isSortable ? USUAL_ORDER : { key, descending: text?.startsWith('-') === true };
}

function wordOf({ key, descending }: Order<FleetKey>): string | undefined {
  if (key === USUAL_ORDER.key && descending === USUAL_ORDER.descending) return undefined;
  return `${descending ? '-' : ''}${key}`;
}
