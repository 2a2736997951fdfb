import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { formatError, KsmpilotError } from '../errors.js';
import { readTokenFile } from './token-file.js';
import { hashToken, hasExpired, type TokenEntry } from './token-list.js';

interface StoreLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The tokens of a file, read anew whenever the file is another: what is revoked is refused from the next call on. */
export class TokenStore {
  readonly path: string;
  readonly #log: StoreLog;
  readonly #now: () => number;
  #entries: readonly { readonly entry: TokenEntry; readonly digest: Buffer }[] = [];
  /** What the file looked like when it was read; undefined: never read. */
  #seen: string | undefined;

  constructor(options: { readonly path: string; readonly log: StoreLog; readonly now?: () => number }) {
    this.path = options.path;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The token's entry, where it is in the file and has not expired.
   *
   * Compares with every entry and in constant time: how long it takes tells nothing about any of them.
   */
  find(token: string): TokenEntry | 'expired' | undefined {
    this.#refresh();
    const digest = hashToken(token);
    let found: TokenEntry | undefined;
    for (const { entry, digest: known } of this.#entries) {
      if (timingSafeEqual(known, digest)) found = entry;
    }
    if (found !== undefined && hasExpired(found, this.#now())) return 'expired';
    return found;
  }

  /** Is the token of this entry, found before, still good? */
  stillHolds(entry: TokenEntry): boolean {
    this.#refresh();
    const known = this.#entries.find(({ entry: { sha256, role } }) => sha256 === entry.sha256 && role === entry.role);
    // As the file has it now: its end may have been brought forward.
    return known !== undefined && !hasExpired(known.entry, this.#now());
  }

  /** A file that cannot be used lets nobody in: to keep what it held would undo a revocation. */
  #refresh(): void {
    const look = signature(this.path);
    if (look === this.#seen) return;
    const first = this.#seen === undefined;
    this.#seen = look;
    try {
      this.#entries = readTokenFile(this.path).map((entry) => ({ entry, digest: Buffer.from(entry.sha256, 'hex') }));
      if (!first) this.#log.info('tokens read anew', { file: this.path, tokens: this.#entries.length });
    } catch (error) {
      if (!(error instanceof KsmpilotError)) throw error;
      this.#entries = [];
      this.#log.error('no token is taken until its file is repaired', { error: formatError(error) });
    }
  }
}

/** Changes when the file is replaced, written, given away or opened to others. */
function signature(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return 'absent'; // or not readable: then reading it says why
  }
}
