/** In the bar on top: sign in, or who is signed in and sign out. */

import { element, setText } from '../dom.js';
import { SIGN_IN_FIRST, type Session } from './session.js';

export class Account {
  readonly #session: Session;
  readonly #state = element('span', { class: 'account-role', 'data-testid': 'account-role' });
  readonly #button = element('button', { type: 'button', 'data-testid': 'account' });

  constructor(session: Session) {
    this.#session = session;
  }

  mount(root: HTMLElement): void {
    this.#button.addEventListener('click', () => {
      if (this.#session.role === undefined) void this.#signIn();
      else void this.#signOut();
    });
    this.#session.listen(() => this.#draw());
    root.prepend(element('div', { class: 'account' }, this.#state, this.#button));
    this.#draw();
  }

  async #signIn(): Promise<void> {
    if (this.#session.required) await this.#session.ask(SIGN_IN_FIRST, 'view');
    else await this.#session.ask();
  }

  async #signOut(): Promise<void> {
    const { required } = this.#session;
    await this.#session.signOut();
    // What was told before must not stay on the screen.
    if (required) location.reload();
  }

  #draw(): void {
    const { role } = this.#session;
    setText(this.#button, role === undefined ? 'Sign in' : 'Sign out');
    setText(this.#state, role === undefined ? '' : role === 'tune' ? 'may change' : 'may look');
  }
}
