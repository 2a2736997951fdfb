/** The dialog that takes a token. */

import { element, setText } from '../dom.js';
import type { Role, Session } from './session.js';

/** Resolves when it is closed, signed in or not; the session knows which. */
export async function askToken(session: Session, why: string, need: Role): Promise<void> {
  const field = element('input', {
    type: 'password',
    id: 'sign-in-token',
    name: 'token',
    required: '',
    autocomplete: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    'aria-describedby': 'sign-in-why sign-in-message',
    'data-testid': 'sign-in-token',
  });
  const message = element('p', {
    class: 'message',
    id: 'sign-in-message',
    role: 'alert',
    'data-testid': 'sign-in-message',
  });
  const cancel = element('button', { type: 'button', 'data-testid': 'sign-in-cancel' }, 'Cancel');
  const submit = element('button', { type: 'submit', class: 'main', 'data-testid': 'sign-in-submit' }, 'Sign in');
  const whose = session.agent === undefined ? '' : ` on ${session.agent}`;
  const form = element(
    'form',
    {},
    element('h2', { id: 'sign-in-title' }, `Sign in${whose}`),
    element('p', { id: 'sign-in-why' }, why),
    element(
      'p',
      { class: 'note' },
      'ksmpilot run prints the token at its start, and keeps it in its state folder: ',
      element('code', {}, 'sudo cat /run/ksmpilot/token'),
    ),
    element('label', { for: 'sign-in-token' }, 'Token'),
    field,
    message,
    element('div', { class: 'dialog-buttons' }, cancel, submit),
  );
  const dialog = element(
    'dialog',
    { class: 'dialog sign-in', 'aria-labelledby': 'sign-in-title', 'data-testid': 'sign-in' },
    form,
  );
  cancel.addEventListener('click', () => dialog.close());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    setText(message, '');
    void session.signIn(field.value).then((wrong) => {
      submit.disabled = false;
      if (wrong === undefined) {
        if (session.may(need)) dialog.close();
        else setText(message, 'This token may look and not change. Sign in with one of role tune.');
        return;
      }
      setText(message, wrong);
      field.select();
      field.focus();
    });
  });
  const closed = new Promise<void>((resolve) => {
    dialog.addEventListener('close', () => resolve(), { once: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
  await closed;
  dialog.remove();
}
