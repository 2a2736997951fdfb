/** Keys from what a terminal sends: xterm's sequences, as every terminal of today sends them, also over ssh. */

/** A printable character as itself; else one of these names. */
export type Key = string;

const SEQUENCES: Readonly<Record<string, Key>> = {
  '[A': 'up',
  '[B': 'down',
  OA: 'up',
  OB: 'down',
  '[5~': 'page-up',
  '[6~': 'page-down',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[4~': 'end',
};

const CONTROLS: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u0003': 'ctrl-c',
  '\u000c': 'ctrl-l',
  '\u001a': 'ctrl-z',
  '\u007f': 'backspace',
  '\b': 'backspace',
};

/** CSI of ECMA-48 (parameters, intermediates, a final byte), or SS3 and one character. */
const SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|O[ -~])/;
const BEGUN = /^(?:\[[0-?]*[ -/]*|O)?$/;

export class KeyReader {
  /** A sequence that has not ended, from its escape on. */
  #begun = '';

  /** Is an escape waiting for what may follow it? Then {@link flush} is due soon. */
  get isWaiting(): boolean {
    return this.#begun !== '';
  }

  read(chunk: string): Key[] {
    const keys: Key[] = [];
    let rest = this.#begun + chunk;
    this.#begun = '';
    while (rest !== '') {
      if (!rest.startsWith('\u001b')) {
        const [character = ''] = rest;
        rest = rest.slice(character.length);
        const key = CONTROLS[character] ?? (/\p{Cc}/u.test(character) ? undefined : character);
        if (key !== undefined) keys.push(key);
        continue;
      }
      const after = rest.slice(1);
      if (BEGUN.test(after)) {
        this.#begun = rest;
        return keys;
      }
      const [sequence] = SEQUENCE.exec(after) ?? [];
      rest = after.slice(sequence?.length ?? 0);
      // An escape before anything else was the key itself; a sequence that is not known is none.
      const key = sequence === undefined ? 'escape' : SEQUENCES[sequence];
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  /** Nothing followed: the escape was the key. */
  flush(): Key[] {
    const wasEscape = this.#begun === '\u001b';
    this.#begun = '';
    return wasEscape ? ['escape'] : [];
  }
}
