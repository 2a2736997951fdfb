/** A panel that is filled when somebody asks for it: button, progress, answer or error. One request at a time. */

import { ApiError } from '../../api.js';
import { element, setText } from '../../dom.js';
import { clock } from '../../format.js';
import { richText } from '../../rich-text.js';

export interface OnDemandOptions<Answer> {
  /** `why`: what ids and data-testids begin with. */
  readonly id: string;
  readonly title: string;
  /** What one gets, and what it takes. */
  readonly invitation: string;
  readonly button: string;
  /** While it runs. */
  readonly progress: string;
  readonly load: (signal: AbortSignal) => Promise<Answer>;
  readonly show: (answer: Answer) => readonly Node[];
  /** Beside the button, such as a choice of what to look at. */
  readonly tools?: readonly HTMLElement[];
}

export class OnDemand<Answer> {
  readonly root: HTMLElement;
  readonly #options: OnDemandOptions<Answer>;
  readonly #button: HTMLButtonElement;
  readonly #status: HTMLElement;
  readonly #progress: HTMLElement;
  readonly #content: HTMLElement;
  #asked: AbortController | undefined;

  constructor(options: OnDemandOptions<Answer>) {
    this.#options = options;
    const { id, title, invitation, button, tools = [] } = options;
    this.#button = element('button', { type: 'button', 'data-testid': `${id}-ask` }, button);
    this.#button.addEventListener('click', () => void this.ask());
    this.#status = element('p', { class: 'soft', role: 'status', 'data-testid': `${id}-status` }, invitation);
    this.#progress = element('progress', { hidden: '', 'aria-label': title });
    this.#content = element('div', { class: 'answer', 'data-testid': `${id}-answer` });
    this.root = element(
      'section',
      { class: `panel on-demand ${id}`, 'aria-labelledby': `${id}-title` },
      element('h2', { id: `${id}-title` }, title),
      element('div', { class: 'demand' }, this.#button, ...tools, this.#status, this.#progress),
      this.#content,
    );
  }

  /** Asks anew, also while an answer is shown; it stays until the next one is there. */
  async ask(): Promise<void> {
    const { load, show, progress } = this.#options;
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.#button.disabled = true;
    this.#progress.hidden = false;
    setText(this.#status, progress);
    try {
      const answer = await load(asked.signal);
      if (asked.signal.aborted) return;
      this.#content.replaceChildren(...show(answer));
      setText(this.#status, `As of ${clock(Date.now())}.`);
      setText(this.#button, 'Look again');
    } catch (error) {
      if (asked.signal.aborted) return;
      setText(this.#status, '');
      this.#content.replaceChildren(refusalOf(error));
    } finally {
      if (this.#asked === asked) {
        this.#button.disabled = false;
        this.#progress.hidden = true;
      }
    }
  }

  stop(): void {
    this.#asked?.abort();
  }
}

/** An error as a paragraph with its cure. */
export function refusalOf(error: unknown): HTMLElement {
  const [message, hint] = error instanceof ApiError ? [error.message, error.hint] : [String(error), undefined];
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
  return element(
    'div',
    { class: 'refusal', role: 'alert' },
    element('p', {}, ...richText(text)),
    ...(hint === undefined ? [] : [element('p', { class: 'soft' }, ...richText(hint, true))]),
  );
}
