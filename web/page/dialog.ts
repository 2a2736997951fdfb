/** A question in front of the page. The browser's own dialog keeps the focus inside, ends with Escape, and gives the focus back. */

import { element } from './dom.js';

export interface Question {
  /** `merge`: data-testid `dialog-merge`. */
  readonly id: string;
  readonly title: string;
  readonly body: readonly Node[];
  /** Text of the button that says yes; undefined: there is nothing to say yes to. */
  readonly yes: string | undefined;
  readonly no: string;
  /** The yes costs something: it is not the button that Enter takes. */
  readonly grave?: boolean;
}

/** Resolves to whether yes was chosen. */
export async function askUser({ id, title, body, yes, no, grave = false }: Question): Promise<boolean> {
  const refuse = element('button', { type: 'submit', value: 'no', 'data-testid': `dialog-${id}-no` }, no);
  const agree =
    yes === undefined
      ? undefined
      : element(
          'button',
          { type: 'submit', value: 'yes', class: grave ? 'grave' : 'main', 'data-testid': `dialog-${id}-yes` },
          yes,
        );
  const form = element(
    'form',
    { method: 'dialog' },
    element('h2', { id: `dialog-${id}-title` }, title),
    element('div', { class: 'dialog-body' }, ...body),
    element('div', { class: 'dialog-buttons' }, refuse, ...(agree === undefined ? [] : [agree])),
  );
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': `dialog-${id}-title`, 'data-testid': `dialog-${id}` },
    form,
  );
  document.body.append(dialog);
  const answered = new Promise<boolean>((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
  dialog.showModal();
  (grave || agree === undefined ? refuse : agree).focus();
  try {
    return await answered;
  } finally {
    dialog.remove();
  }
}
