/** The mode switch. Everybody may look; whoever has the agent's token may switch. */

import { act, type Action, type ActionResult } from '../actions.js';
import { element, setText } from '../dom.js';
import type { PageState } from '../state.js';
import type { Token } from '../token.js';

const MODES = [
  { mode: 'observe', name: 'MODE_OBSERVE', means: 'Watches only.' },
  { mode: 'advise', name: 'MODE_ADVISE', means: 'Decides and says so, writes nothing.' },
  { mode: 'auto', name: 'MODE_AUTO', means: 'Decides and writes the knobs.' },
] as const;

export class ModeView {
  readonly #token: Token;
  readonly #buttons = MODES.map(({ mode }) => button(mode, `mode-${mode}`));
  readonly #pause = button('Pause', 'pause');
  readonly #means = element('p', { class: 'more', 'data-testid': 'mode-means' }, '\u00a0');
  readonly #message = element('p', { class: 'message', role: 'alert', 'data-testid': 'mode-message' });
  readonly #field = element('input', {
    type: 'password',
    id: 'token',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: 'token, as printed by ksmpilot run',
    'data-testid': 'token',
  });
  readonly #unlock = element(
    'form',
    { class: 'unlock' },
    element('label', { for: 'token' }, 'Unlock with the token'),
    this.#field,
    element('button', { type: 'submit', 'data-testid': 'unlock' }, 'Unlock'),
  );
  #isBusy = false;
  #isPaused = false;

  constructor(token: Token) {
    this.#token = token;
  }

  mount(root: HTMLElement): void {
    this.#buttons.forEach((node, index) => {
      const choice = MODES[index];
      if (choice !== undefined) node.addEventListener('click', () => void this.#send({ mode: choice.mode }));
    });
    this.#pause.addEventListener('click', () => void this.#send(this.#isPaused ? 'resume' : 'pause'));
    this.#unlock.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#token.set(this.#field.value);
      this.#field.value = '';
      setText(this.#message, this.#token.value === undefined ? 'That cannot be a token.' : '');
      this.#enable();
    });
    const group = element('div', { class: 'switch', role: 'group', 'aria-labelledby': 'mode-title' }, ...this.#buttons);
    root.append(
      element('h2', { id: 'mode-title' }, 'Mode'),
      element('div', { class: 'modes' }, group, this.#pause),
      this.#means,
      this.#unlock,
      this.#message,
    );
    this.#enable();
  }

  update({ tuner }: PageState): void {
    this.#isPaused = tuner?.paused === true;
    this.#buttons.forEach((node, index) => {
      node.setAttribute('aria-pressed', String(tuner !== undefined && MODES[index]?.name === tuner.mode));
    });
    setText(this.#pause, this.#isPaused ? 'Resume' : 'Pause');
    const means = MODES.find(({ name }) => name === tuner?.mode)?.means ?? '\u00a0';
    setText(this.#means, this.#isPaused ? 'Paused: the knobs stay where they are.' : means);
    this.#enable();
  }

  #enable(): void {
    const isLocked = this.#token.value === undefined;
    this.#unlock.hidden = !isLocked;
    for (const node of [...this.#buttons, this.#pause]) node.disabled = isLocked || this.#isBusy;
  }

  async #send(action: Action): Promise<void> {
    const token = this.#token.value;
    if (token === undefined || this.#isBusy) return;
    this.#isBusy = true;
    this.#enable();
    setText(this.#message, '');
    const result: ActionResult = await act(action, token);
    if (result.badToken) this.#token.set(undefined);
    setText(this.#message, result.text);
    this.#isBusy = false;
    this.#enable();
  }
}

function button(text: string, testId: string): HTMLButtonElement {
  return element('button', { type: 'button', 'data-testid': testId }, text);
}
