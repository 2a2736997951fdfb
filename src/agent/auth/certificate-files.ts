import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errnoOf, formatError, KsmpilotError } from '../errors.js';

export interface CertificatePaths {
  /** PEM: the server's certificate, then those between it and the root. */
  readonly certificate: string;
  /** PEM, not encrypted. */
  readonly key: string;
  /** PEM: authorities whose client certificates are taken. */
  readonly clientCa?: string | undefined;
}

/** What `tls.createSecureContext` takes. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
  readonly minVersion: 'TLSv1.2';
}

interface FilesLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/**
 * How often the files are looked at. Polled, since what renews certificates replaces links to folders (Kubernetes) or
 * renames over the file (certbot), and inotify follows neither.
 */
const LOOK_EVERY_MS = 5_000;
const SOON_MS = 14 * 86_400_000;
const DAY_MS = 86_400_000;
const MAX_PEM_BYTES = 1024 * 1024;

/** Certificate and key of a server, read anew when their files change. New files that do not fit leave the old in use. */
export class CertificateFiles {
  readonly #paths: CertificatePaths;
  readonly #log: FilesLog;
  readonly #now: () => number;
  readonly #listeners = new Set<(material: TlsMaterial) => void>();
  #loaded: { readonly material: TlsMaterial; readonly leaf: X509Certificate } | undefined;
  #seen = '';
  #warnedMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { readonly paths: CertificatePaths; readonly log: FilesLog; readonly now?: () => number }) {
    this.#paths = options.paths;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
  }

  /** @throws KsmpilotError TLS_FILES_INVALID naming the file */
  start(): TlsMaterial {
    this.#seen = this.#look();
    this.#loaded = readMaterial(this.#paths);
    this.#warnBeforeEnd();
    this.#timer = setInterval(() => this.check(), LOOK_EVERY_MS);
    this.#timer.unref();
    return this.#loaded.material;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  /** The certificate in use; undefined before the start. */
  get leaf(): X509Certificate | undefined {
    return this.#loaded?.leaf;
  }

  /** Calls back with each new pair; returns the unsubscribe function. */
  onChange(listener: (material: TlsMaterial) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Looks now. Never throws. */
  check(): void {
    this.#warnBeforeEnd();
    const look = this.#look();
    if (look === this.#seen) return;
    this.#seen = look;
    try {
      const next = readMaterial(this.#paths);
      this.#refuseWorse(next.leaf);
      this.#loaded = next;
      this.#warnedMs = -Infinity;
      this.#log.info('certificate read anew; connections that are open stay', {
        file: this.#paths.certificate,
        expires: next.leaf.validTo,
      });
      for (const listener of [...this.#listeners]) listener(next.material);
      this.#warnBeforeEnd();
    } catch (error) {
      // Written one after the other, the two do not fit for a moment: the next look finds them whole.
      this.#log.error('the new certificate is not used; the old one stays', { error: formatError(error) });
    }
  }

  #refuseWorse(leaf: X509Certificate): void {
    const now = this.#now();
    const old = this.#loaded?.leaf;
    if (Date.parse(leaf.validTo) > now || old === undefined || Date.parse(old.validTo) <= now) return;
    throw new KsmpilotError('TLS_FILES_INVALID', `${this.#paths.certificate} expired on ${leaf.validTo}.`, {
      hint: 'Renew it.',
    });
  }

  #warnBeforeEnd(): void {
    const leaf = this.#loaded?.leaf;
    const now = this.#now();
    if (leaf === undefined || now - this.#warnedMs < DAY_MS) return;
    const left = Date.parse(leaf.validTo) - now;
    if (left > SOON_MS) return;
    this.#warnedMs = now;
    const what = left <= 0 ? 'the certificate has expired: clients refuse it' : 'the certificate expires soon';
    this.#log.warn(what, { file: this.#paths.certificate, expires: leaf.validTo });
  }

  /** Changes when one of the files, or a link on the way to it, is another. */
  #look(): string {
    const { certificate, key, clientCa } = this.#paths;
    return [certificate, key, clientCa].map((path) => (path === undefined ? '' : signature(path))).join('|');
  }
}

function signature(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return errnoOf(error) ?? 'unknown';
  }
}

function readMaterial(paths: CertificatePaths): { material: TlsMaterial; leaf: X509Certificate } {
  const cert = readPem(paths.certificate, 'CERTIFICATE');
  const key = readPem(paths.key, 'PRIVATE KEY');
  const ca = paths.clientCa === undefined ? undefined : readPem(paths.clientCa, 'CERTIFICATE');
  const leaf = attempt(paths.certificate, 'holds no certificate that can be read', () => new X509Certificate(cert));
  if (ca !== undefined) {
    attempt(String(paths.clientCa), 'holds no certificate that can be read', () => new X509Certificate(ca));
  }
  const material: TlsMaterial = { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' };
  attempt(paths.key, `is not the key of ${paths.certificate}, or is encrypted`, () => createSecureContext(material));
  return { material, leaf };
}

function readPem(path: string, what: string): Buffer {
  const bytes = attempt(path, 'cannot be read', () => {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_PEM_BYTES) throw new Error('it is no PEM file');
    return readFileSync(path);
  });
  if (!bytes.includes(`${what}-----`)) throw invalid(path, `holds no PEM ${what.toLowerCase()}`);
  return bytes;
}

function attempt<T>(path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw invalid(
      path,
      `${what}: ${errnoOf(cause) ?? (cause instanceof Error ? cause.message : String(cause))}`,
      cause,
    );
  }
}

function invalid(path: string, why: string, cause?: unknown): KsmpilotError {
  return new KsmpilotError('TLS_FILES_INVALID', `${path} ${why}.`, {
    hint: 'docs/security.md shows how to make certificate and key, and who must be able to read them.',
    cause,
  });
}
