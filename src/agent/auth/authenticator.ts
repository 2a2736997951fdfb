import type { PeerCertificate } from 'node:tls';
import { tokenMatches } from '../token.js';
import { roleOfCertificate, type CertificateRole } from './certificate-names.js';
import { NOBODY, type Identity } from './identity.js';
import type { TokenStore } from './token-store.js';

/** What a caller showed. */
export interface Credentials {
  /** All `authorization` values of the call; more than one is refused. */
  readonly authorization: readonly string[];
  /** A certificate that a trusted authority signed and whose key the caller holds; the TLS layer has checked both. */
  readonly certificate?: PeerCertificate | undefined;
}

export interface Authentication {
  readonly identity: Identity;
  /** A token was sent, and it is none of ours, or has expired. */
  readonly failed?: 'unknown' | 'expired' | undefined;
  /** Would the caller still get this identity? For streams, which outlive their check. */
  readonly stillHolds: () => boolean;
}

/** Finds out who calls: a token counts before a certificate. */
export class Authenticator {
  readonly #runToken: string;
  readonly #tokens: TokenStore | undefined;
  readonly #certificates: readonly CertificateRole[];
  readonly #now: () => number;

  constructor(options: {
    readonly runToken: string;
    readonly tokens?: TokenStore | undefined;
    readonly certificates?: readonly CertificateRole[] | undefined;
    readonly now?: (() => number) | undefined;
  }) {
    this.#runToken = options.runToken;
    this.#tokens = options.tokens;
    this.#certificates = options.certificates ?? [];
    this.#now = options.now ?? Date.now;
  }

  identify({ authorization, certificate }: Credentials): Authentication {
    if (authorization.length > 0) return this.#byToken(authorization);
    if (certificate !== undefined) return this.#byCertificate(certificate);
    return { identity: NOBODY, stillHolds: () => true };
  }

  #byToken(authorization: readonly string[]): Authentication {
    const [value = ''] = authorization;
    const token = authorization.length === 1 ? /^Bearer +(\S{1,512}) *$/i.exec(value)?.[1] : undefined;
    const failed = (why: 'unknown' | 'expired'): Authentication => ({
      identity: NOBODY,
      failed: why,
      stillHolds: () => true,
    });
    if (token === undefined) return failed('unknown');
    if (tokenMatches(this.#runToken, token)) {
      return { identity: { kind: 'run token', name: '', role: 'tune' }, stillHolds: () => true };
    }
    const entry = this.#tokens?.find(token);
    if (entry === undefined || entry === 'expired') return failed(entry ?? 'unknown');
    return {
      identity: { kind: 'token', name: entry.name, role: entry.role },
      stillHolds: () => this.#tokens?.stillHolds(entry) === true,
    };
  }

  #byCertificate(certificate: PeerCertificate): Authentication {
    const matched = roleOfCertificate(certificate, this.#certificates);
    const endMs = Date.parse(certificate.valid_to);
    return {
      identity: { kind: 'certificate', name: matched?.match ?? commonName(certificate), role: matched?.role },
      stillHolds: () => this.#now() < endMs,
    };
  }
}

/** For messages about a certificate that no setting names; what a stranger wrote there is cut to printable ASCII. */
function commonName(certificate: PeerCertificate): string {
  const name: unknown = certificate.subject.CN;
  return typeof name === 'string' ? `CN=${name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 128)}` : 'without CN';
}
