import type { GatewayOptions } from '../../web/gateway/gateway.js';
import { CertificateFiles } from '../agent/auth/certificate-files.js';
import type { Log } from '../agent/log.js';

/** The setting http.tls. */
export interface PageTls {
  readonly certificate: string;
  readonly key: string;
  readonly hsts: boolean;
}

/** What makes the gateway serve HTTPS; nothing where there is no such setting. */
export function pageCertificate(tls: PageTls | undefined, log: Log): Pick<GatewayOptions, 'certificate' | 'hsts'> {
  if (tls === undefined) return {};
  const { hsts, ...paths } = tls;
  return { certificate: new CertificateFiles({ paths, log }), hsts };
}
