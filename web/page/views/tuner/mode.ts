/** The mode switch, pause, and the way back to the baseline. Everybody may look; a change asks to sign in. */

import type { RestoreReport__Output } from '../../../../proto/generated/ksmpilot/v1/RestoreReport.js';
import { change } from '../../change.js';
import { askUser } from '../../dialog.js';
import { element, setText } from '../../dom.js';
import type { PageState } from '../../state.js';
import type { App } from '../../view.js';
import { refusalOf } from '../guest/on-demand.js';

const MODES = [
  { mode: 'observe', name: 'MODE_OBSERVE', means: 'Observe: watches only.' },
  { mode: 'advise', name: 'MODE_ADVISE', means: 'Advise: decides and says so, writes nothing.' },
  { mode: 'auto', name: 'MODE_AUTO', means: 'Auto: decides and writes the knobs.' },
] as const;

export class ModeControl {
  readonly root: HTMLElement;
  readonly #app: App;
  readonly #modes = MODES.map(({ mode, means }) => {
    const button = element('button', { type: 'button', title: means, 'data-testid': `mode-${mode}` }, mode);
    button.addEventListener('click', () => void this.#do(() => this.#change('mode', { mode })));
    return button;
  });
  readonly #pause = element('button', { type: 'button', 'data-testid': 'pause' }, 'Pause');
  readonly #restore = element('button', { type: 'button', 'data-testid': 'restore' }, 'Restore …');
  readonly #means = element('p', { class: 'more', 'data-testid': 'mode-means' }, '\u00a0');
  readonly #said = element('div', { class: 'said', role: 'status', 'data-testid': 'mode-message' });
  #isBusy = false;
  #tuner: PageState['tuner'];

  constructor(app: App) {
    this.#app = app;
    this.#pause.addEventListener('click', () => {
      void this.#do(() => this.#change(this.#tuner?.paused === true ? 'resume' : 'pause'));
    });
    this.#restore.addEventListener('click', () => void this.#do(() => this.#putBack()));
    this.root = element(
      'section',
      { class: 'panel mode', 'aria-labelledby': 'mode-title' },
      element('h2', { id: 'mode-title' }, 'Mode'),
      element(
        'div',
        { class: 'modes' },
        element('div', { class: 'switch', role: 'group', 'aria-labelledby': 'mode-title' }, ...this.#modes),
        this.#pause,
        this.#restore,
      ),
      this.#means,
      this.#said,
    );
  }

  update({ tuner }: PageState): void {
    this.#tuner = tuner;
    this.#modes.forEach((button, index) => {
      button.setAttribute('aria-pressed', String(tuner !== undefined && MODES[index]?.name === tuner.mode));
    });
    setText(this.#pause, tuner?.paused === true ? 'Resume' : 'Pause');
    const means = MODES.find(({ name }) => name === tuner?.mode)?.means ?? '\u00a0';
    setText(this.#means, tuner?.paused === true ? 'Paused: the knobs stay where they are.' : means);
    this.#enable();
  }

  #enable(): void {
    for (const button of [...this.#modes, this.#pause, this.#restore]) {
      button.disabled = this.#isBusy || this.#tuner === undefined;
    }
  }

  async #change(path: string, body: object = {}): Promise<Node[]> {
    await change(this.#app, path, body);
    return [];
  }

  async #putBack(): Promise<Node[]> {
    const isAgreed = await askUser({
      id: 'restore',
      title: 'Put every knob back?',
      body: [
        element(
          'p',
          {},
          'Each knob that still holds what ksmpilot wrote gets the value from before; knobs that somebody else moved since stay. The mode becomes observe.',
        ),
      ],
      yes: 'Put back',
      no: 'Leave them',
      grave: true,
    });
    if (!isAgreed) return [];
    return restoredWords(await change<RestoreReport__Output>(this.#app, 'restore'));
  }

  /** One call at a time; what it says stays until the next. */
  async #do(call: () => Promise<Node[]>): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#enable();
    this.#said.replaceChildren();
    try {
      this.#said.replaceChildren(...(await call()));
    } catch (error) {
      this.#said.replaceChildren(refusalOf(error));
    }
    this.#isBusy = false;
    this.#enable();
  }
}

function restoredWords({ restored, left, failed }: RestoreReport__Output): Node[] {
  const lines = [
    restored.length === 0
      ? 'No knob had to be put back.'
      : `Put back: ${restored.map(({ knob, from, to }) => `${knob} ${from} → ${to}`).join(', ')}.`,
    ...left,
    ...(failed.length === 0 ? [] : [`Not put back: ${failed.join(', ')}. The baseline is kept for another try.`]),
  ];
  return lines.map((line) => element('p', {}, line));
}
