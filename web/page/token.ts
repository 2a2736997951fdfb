/**
 * The agent's token, as the operator gave it: in the address (`#token=...`, taken out of the address bar at once) or typed.
 * It is kept for this tab only and sent with nothing but the calls that change the host.
 */

const KEY = 'ksmpilot-token';

export class Token {
  #value: string | undefined;

  /** Takes the token out of the address, else what this tab had before a reload. */
  start(): void {
    const given = new URLSearchParams(location.hash.slice(1)).get('token');
    if (given !== null) {
      history.replaceState(null, '', location.pathname + location.search);
      this.set(given);
    } else {
      this.#value = read();
    }
  }

  get value(): string | undefined {
    return this.#value;
  }

  /** Undefined forgets it. What cannot be a token is taken as none. */
  set(value: string | undefined): void {
    const text = value?.trim();
    this.#value = text !== undefined && /^[\x21-\x7e]{1,512}$/.test(text) ? text : undefined;
    try {
      if (this.#value === undefined) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, this.#value);
    } catch {
      // Storage is switched off in this browser: the token lasts until the page is left.
    }
  }
}

function read(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
