/** What a client certificate calls itself, for the setting auth.certificates. Pure. */

import type { PeerCertificate } from 'node:tls';
import type { Role } from './role.js';

export interface CertificateRole {
  /** `CN=ops`, `DNS:grafana.example.org`, `URI:spiffe://...`, `email:...`, `IP:...` or `sha256:AB:CD:...`. */
  readonly match: string;
  readonly role: Role;
}

/**
 * The names of a certificate in the spelling of `CertificateRole.match`.
 *
 * Node quotes an alternative name that holds a comma or quote (CVE-2021-44532 was about such names); who puts one there
 * wants to be taken for somebody else, so a list with a quote in it gives no alternative name at all.
 */
export function certificateNames(
  certificate: Pick<PeerCertificate, 'subject' | 'subjectaltname' | 'fingerprint256'>,
): readonly string[] {
  const names: string[] = [];
  // Typed as a string, but an array where the subject has several.
  const commonName: unknown = certificate.subject.CN;
  if (typeof commonName === 'string' && commonName !== '') names.push(`CN=${commonName}`);
  const alternatives = certificate.subjectaltname ?? '';
  if (alternatives !== '' && !alternatives.includes('"')) {
    for (const name of alternatives.split(', ')) names.push(name.replace(/^IP Address:/, 'IP:'));
  }
  if (certificate.fingerprint256 !== '') names.push(`sha256:${certificate.fingerprint256}`);
  return names;
}

/** The first of `roles` that the certificate matches, and by which name: the whole name, never a part or a pattern. */
export function roleOfCertificate(
  certificate: Pick<PeerCertificate, 'subject' | 'subjectaltname' | 'fingerprint256'>,
  roles: readonly CertificateRole[],
): CertificateRole | undefined {
  const names = certificateNames(certificate).map(fold);
  return roles.find(({ match }) => names.includes(fold(match)));
}

/** Names of hosts and mail, and fingerprints, are the same in capitals. */
function fold(name: string): string {
  return /^(DNS|email|sha256):/.test(name) ? name.toLowerCase() : name;
}
