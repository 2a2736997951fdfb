/** Addresses of the page: `#/guests/KEY?sort=name&last=3600`. Pure. */

export interface Route {
  /** First part of the path; empty where there is none. */
  readonly view: string;
  /** Further parts, decoded. */
  readonly rest: readonly string[];
  readonly params: URLSearchParams;
}

/** Parameters that belong to the page and stay when the view changes. */
export const LASTING = ['agent', 'from', 'to', 'last'] as const;

export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#?\/?/, '');
  const at = text.indexOf('?');
  const path = at < 0 ? text : text.slice(0, at);
  const [view = '', ...rest] = path.split('/').map(decoded);
  return {
    view,
    rest: rest.filter((part) => part !== ''),
    params: new URLSearchParams(at < 0 ? '' : text.slice(at + 1)),
  };
}

export function formatRoute({ view, rest, params }: Route): string {
  const path = [view, ...rest].map(encodeURIComponent).join('/');
  const query = params.toString();
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

/** `to` with the lasting parameters of `from`, unless it has its own. */
export function carriedOver(to: Route, from: Route): Route {
  const params = new URLSearchParams(to.params);
  const hasOwnTime = ['from', 'to', 'last'].some((name) => params.has(name));
  for (const name of LASTING) {
    const value = from.params.get(name);
    if (value === null || params.has(name) || (hasOwnTime && name !== 'agent')) continue;
    params.set(name, value);
  }
  return { ...to, params };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
