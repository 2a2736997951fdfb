/** Texts of the agent, in which commands stand between backticks, as elements; commands can be copied. */

import { element, setText } from './dom.js';

/** How long the button says that it has copied. */
const SAID_MS = 1_500;

export function richText(text: string, copy = false): (Node | string)[] {
  return text.split('`').flatMap((part, index): (Node | string)[] => {
    if (index % 2 === 0) return part === '' ? [] : [part];
    return [copy ? copyable(part) : element('code', {}, part)];
  });
}

/** The command with a button beside it; without one where this browser gives no clipboard (plain http from afar). */
export function copyable(text: string): HTMLElement {
  const code = element('code', {}, text);
  // Undefined outside a secure context, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) return code;
  const button = element('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${text}` }, 'Copy');
  button.addEventListener('click', () => {
    const say = (word: string): void => {
      setText(button, word);
      setTimeout(() => setText(button, 'Copy'), SAID_MS);
    };
    clipboard.writeText(text).then(
      () => say('Copied'),
      () => say('Refused'),
    );
  });
  return element('span', { class: 'copyable' }, code, button);
}
