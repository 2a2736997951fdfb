/** The cookie that names a session. Pure. */

/**
 * Cookies belong to a host name and not to a port, so the name carries ours: two gateways reached over `ssh -L` would
 * take each other's session. Where the page is served with TLS, `__Host-` makes the browser refuse such a cookie from
 * anywhere else.
 */
export function cookieName({ port, secure }: { readonly port: number; readonly secure: boolean }): string {
  return `${secure ? '__Host-' : ''}ksmpilot-${port}`;
}

/** Not readable by scripts, and sent with no request that another site's page makes. Without `Max-Age` it goes with the browser. */
export function setCookie(name: string, value: string, { secure }: { readonly secure: boolean }): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

export function dropCookie(name: string, how: { readonly secure: boolean }): string {
  return `${setCookie(name, '', how)}; Max-Age=0`;
}

/** The value of a cookie in a `Cookie` header; undefined where it is not there, or there twice. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
