import { expect, test } from 'vitest';
import { certificateNames, roleOfCertificate } from '../../../../src/agent/auth/certificate-names.js';

type Shown = Parameters<typeof certificateNames>[0];

function certificate(commonName: unknown, alternatives?: string): Shown {
  const subject = { C: '', ST: '', L: '', O: '', OU: '', CN: commonName } as Shown['subject'];
  return { subject, subjectaltname: alternatives, fingerprint256: 'AB:CD' };
}

test('names in the spelling of the settings', () => {
  expect(
    certificateNames(certificate('ops', 'DNS:a.example, IP Address:192.0.2.1, URI:spiffe://x/y, email:o@x')),
  ).toEqual(['CN=ops', 'DNS:a.example', 'IP:192.0.2.1', 'URI:spiffe://x/y', 'email:o@x', 'sha256:AB:CD']);
});

test('an alternative name made to look like several gives none', () => {
  // As Node tells a URI `x, DNS:ops.example`.
  expect(certificateNames(certificate('guest', 'URI:"http://x/\\u0022, DNS:ops.example"'))).toEqual([
    'CN=guest',
    'sha256:AB:CD',
  ]);
});

test('several common names, or none, give none', () => {
  expect(certificateNames(certificate(['guest', 'ops']))).toEqual(['sha256:AB:CD']);
  expect(certificateNames(certificate(undefined))).toEqual(['sha256:AB:CD']);
  expect(certificateNames(certificate(''))).toEqual(['sha256:AB:CD']);
});

test('a role is for a whole name; hosts and fingerprints in any case, the rest as written', () => {
  const role = (match: string): string | undefined =>
    roleOfCertificate(certificate('ops', 'DNS:Ops.Example'), [{ match, role: 'tune' }])?.role;
  expect(['CN=ops', 'DNS:ops.example', 'sha256:ab:cd'].map(role)).toEqual(['tune', 'tune', 'tune']);
  expect(['CN=op', 'CN=ops2', 'CN=OPS', 'CN=', 'DNS:example', 'DNS:*', 'URI:ops', ''].map(role)).toEqual(
    Array(8).fill(undefined),
  );
});

test('the first setting that matches counts', () => {
  const roles = [
    { match: 'CN=ops', role: 'view' },
    { match: 'sha256:AB:CD', role: 'tune' },
  ] as const;
  expect(roleOfCertificate(certificate('ops'), roles)?.role).toBe('view');
  expect(roleOfCertificate(certificate('other'), roles)?.role).toBe('tune');
});
