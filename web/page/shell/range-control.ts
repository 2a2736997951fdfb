/** The range that all charts show: usual spans, free ones, live or held, and the way back. */

import { element, setText } from '../dom.js';
import { moment } from '../format.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, type TimeRange } from '../time-range.js';

const SPANS: readonly { readonly ms: number; readonly name: string }[] = [
  { ms: MINUTE_MS, name: '1 min' },
  { ms: 5 * MINUTE_MS, name: '5 min' },
  { ms: 15 * MINUTE_MS, name: '15 min' },
  { ms: HOUR_MS, name: '1 h' },
  { ms: 6 * HOUR_MS, name: '6 h' },
  { ms: DAY_MS, name: '1 day' },
  { ms: 7 * DAY_MS, name: '1 week' },
  { ms: 30 * DAY_MS, name: '30 days' },
  { ms: 90 * DAY_MS, name: '90 days' },
  { ms: 365 * DAY_MS, name: '1 year' },
];
const FREE = 'free';

export class RangeControl {
  readonly #time: TimeRange;
  readonly #select = element(
    'select',
    { 'data-testid': 'range', 'aria-label': 'Time that the charts show' },
    ...SPANS.map(({ ms, name }) => element('option', { value: String(ms) }, `Last ${name}`)),
    element('option', { value: FREE }, 'From … to …'),
  );
  readonly #live = element('button', { type: 'button', 'data-testid': 'live', 'aria-pressed': 'true' }, 'Live');
  readonly #back = element(
    'button',
    { type: 'button', 'data-testid': 'range-back', title: 'The range before' },
    'Back',
  );
  readonly #shown = element('span', { class: 'shown', 'data-testid': 'range-shown' });
  readonly #dialog = element('dialog', { class: 'dialog', 'aria-labelledby': 'free-range-title' });
  readonly #from = dateField('free-from');
  readonly #to = dateField('free-to');
  readonly #wrong = element('p', { class: 'message', role: 'alert' });

  constructor(time: TimeRange) {
    this.#time = time;
  }

  mount(root: HTMLElement): void {
    const time = this.#time;
    this.#select.addEventListener('change', () => {
      if (this.#select.value === FREE) this.#ask();
      else time.last(Number(this.#select.value));
    });
    this.#live.addEventListener('click', () => time.setLive(!time.live));
    this.#back.addEventListener('click', () => time.back());
    this.#shown.addEventListener('dblclick', () => this.#ask());
    this.#fillDialog();
    root.prepend(
      element(
        'div',
        { class: 'range', role: 'group', 'aria-label': 'Time range' },
        this.#shown,
        this.#select,
        this.#live,
        this.#back,
      ),
    );
    document.body.append(this.#dialog);
    time.listen(() => this.update());
    this.update();
  }

  /** After each change, and as time goes by. */
  update(): void {
    const time = this.#time;
    const span = SPANS.find(({ ms }) => time.live && ms === time.spanMs);
    this.#select.value = span === undefined ? FREE : String(span.ms);
    this.#live.setAttribute('aria-pressed', String(time.live));
    this.#back.disabled = !time.canGoBack;
    const isUsual = span !== undefined;
    setText(this.#shown, isUsual ? '' : [time.fromMs, time.toMs].map((ms) => moment(ms, Date.now())).join(' – '));
  }

  #fillDialog(): void {
    const close = element('button', { type: 'button' }, 'Cancel');
    close.addEventListener('click', () => this.#dialog.close());
    const form = element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'free-range-title' }, 'Time that the charts show'),
      element('label', { for: 'free-from' }, 'From', this.#from),
      element('label', { for: 'free-to' }, 'To', this.#to),
      this.#wrong,
      element('div', { class: 'dialog-buttons' }, close, element('button', { type: 'submit', class: 'chief' }, 'Show')),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const [from, to] = [this.#from, this.#to].map((field) => new Date(field.value).getTime());
      const isRange = from !== undefined && to !== undefined && from < to;
      setText(this.#wrong, isRange ? '' : 'The first time must be before the second.');
      if (!isRange) return;
      this.#dialog.close();
      this.#time.zoom(from, to);
    });
    this.#dialog.addEventListener('close', () => this.update());
    this.#dialog.append(form);
  }

  #ask(): void {
    this.#from.value = forField(this.#time.fromMs);
    this.#to.value = forField(this.#time.toMs);
    setText(this.#wrong, '');
    this.#dialog.showModal();
  }
}

function dateField(id: string): HTMLInputElement {
  return element('input', { type: 'datetime-local', id, step: '1', required: '', 'data-testid': id });
}

/** Local time as the field wants it: 2026-11-21T14:03:09. */
function forField(timeMs: number): string {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
