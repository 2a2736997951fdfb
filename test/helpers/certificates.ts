/** Certificates for tests, made with openssl: an authority, and what it signs. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Issued {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
}

export interface Wanted {
  readonly commonName: string;
  /** As openssl writes them: `DNS:localhost`, `IP:127.0.0.1`, `URI:spiffe://x`. */
  readonly names?: readonly string[];
  readonly days?: number;
  /** Ended yesterday. */
  readonly expired?: boolean;
}

/** A certificate authority in a folder of its own. */
export class TestAuthority implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'ksmpilot-ca-'));
  readonly certificate = join(this.dir, 'ca.pem');
  readonly #key = join(this.dir, 'ca.key');
  #count = 0;

  constructor(commonName = 'ksmpilot test authority') {
    openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', this.#key]);
    openssl([
      'req',
      '-x509',
      '-new',
      '-key',
      this.#key,
      '-days',
      '2',
      '-subj',
      `/CN=${commonName}`,
      '-out',
      this.certificate,
    ]);
  }

  issue({ commonName, names = [], days = 2, expired = false }: Wanted): Issued {
    this.#count += 1;
    const base = join(this.dir, String(this.#count));
    const [key, request, certificate, extensions] = [`${base}.key`, `${base}.csr`, `${base}.pem`, `${base}.ext`];
    openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key]);
    openssl(['req', '-new', '-key', key, '-subj', `/CN=${commonName}`, '-out', request]);
    writeFileSync(
      extensions,
      names.length === 0 ? 'basicConstraints=CA:FALSE\n' : `subjectAltName=${names.join(',')}\n`,
    );
    // Negative days end in the past; openssl x509 takes them, whatever the version.
    const ca = ['-CA', this.certificate, '-CAkey', this.#key, '-set_serial', String(Date.now() + this.#count)];
    openssl([
      'x509',
      '-req',
      '-in',
      request,
      ...ca,
      '-days',
      String(expired ? -1 : days),
      '-extfile',
      extensions,
      '-out',
      certificate,
    ]);
    return { certificate, key };
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function pem({ certificate, key }: Issued): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: readFileSync(certificate), key: readFileSync(key) };
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
