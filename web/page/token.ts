/** The token in the address, as `ksmpilot run` prints it: `#token=...`. It is taken out at once and becomes a session. */

/**
 * Takes the token out of the address, out of the browser's history too; to be called before anything reads the address.
 * Undefined: there is none.
 */
export function takeToken(): string | undefined {
  const { hash, pathname, search } = location;
  const at = hash.indexOf('?');
  // Both `#token=...` and `#/tuner?token=...`.
  const isRoute = hash.startsWith('#/');
  const params = new URLSearchParams(isRoute ? (at < 0 ? '' : hash.slice(at + 1)) : hash.slice(1));
  const token = params.get('token');
  if (token === null) return undefined;
  params.delete('token');
  const rest = params.toString();
  const route = isRoute && at >= 0 ? hash.slice(0, at) : '';
  const left = rest === '' ? route : `${route === '' ? '#/' : route}?${rest}`;
  history.replaceState(null, '', pathname + search + left);
  return /^[\x21-\x7e]{1,512}$/.test(token) ? token : undefined;
}
