/** COW breaks a second by guest: the few with most of them in the range, and the rest of the host. */

import { ChartGroup } from '../../charts/chart-group.js';
import { GuestBreaksSource, REST } from '../../charts/guest-breaks-source.js';
import type { HostCharts } from '../../charts/host-charts.js';
import type { Color } from '../../charts/palette.js';
import { PER_SECOND, type ChartSpec } from '../../charts/spec.js';
import { element } from '../../dom.js';
import type { App } from '../../view.js';

const COLORS: readonly Color[] = ['vermilion', 'blue', 'orange', 'purple', 'sky'];
/** Who has most is looked at this often, and when the range changes: a chart that swaps colours cannot be read. */
const AGAIN_MS = 15_000;
/** Letters of a name in the legend. */
const MAX_NAME = 24;

export class BreaksByGuest {
  readonly #app: App;
  readonly #host: HostCharts;
  readonly #place = element('div', { class: 'place wide' });
  #group: ChartGroup | undefined;
  #shown: string | undefined;
  #looked = { atMs: -Infinity, spanMs: 0, live: true };

  constructor(app: App, host: HostCharts) {
    this.#app = app;
    this.#host = host;
  }

  mount(root: HTMLElement): void {
    root.append(this.#place);
  }

  update(): void {
    const { state, time } = this.#app;
    const { spanMs, live } = this.#looked;
    const now = performance.now();
    const hasFirst = this.#shown === '' && state.guestBreaks.length > 0;
    if (hasFirst || now - this.#looked.atMs > AGAIN_MS || spanMs !== time.spanMs || live !== time.live) {
      this.#looked = { atMs: now, spanMs: time.spanMs, live: time.live };
      this.#choose(state.guestBreaks.top(COLORS.length, time.fromMs, time.toMs));
    }
    this.#group?.update();
  }

  unmount(): void {
    this.#group?.unmount();
  }

  #choose(keys: readonly string[]): void {
    const set = [...keys].sort().join('\n');
    if (set === this.#shown) return;
    this.#shown = set;
    this.#group?.unmount();
    this.#place.replaceChildren();
    const { state } = this.#app;
    const identityOf = (key: string): string | undefined =>
      state.guests?.guests.find((guest) => guest.key === key)?.identity;
    const source = new GuestBreaksSource(this.#app, identityOf);
    this.#group = new ChartGroup({
      app: this.#app,
      source,
      marks: this.#host.happenings.marks,
      like: this.#host.group,
    });
    this.#group.add(
      this.#place,
      specOf(keys, (key) => state.guestBreaks.nameOf(key)),
    );
  }
}

function specOf(keys: readonly string[], nameOf: (key: string) => string): ChartSpec {
  const named = keys.map((key, index) => {
    const name = nameOf(key);
    const label = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
    return { column: key, label, color: COLORS[index] ?? 'grey' };
  });
  return {
    id: 'breaks-by-guest',
    title: 'COW breaks by guest',
    axis: PER_SECOND,
    form: 'stack',
    series: [...named, { column: REST, label: keys.length === 0 ? 'the host' : 'all others', color: 'grey' }],
    note: 'The guests with most breaks in this time. All others: further guests, and breaks that are charged to nobody.',
  };
}
