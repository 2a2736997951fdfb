/** Which of the two formats a scraper gets, by its `Accept` header (RFC 9110, 12.5.1). Pure. */

export type Format = 'text' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** OpenMetrics only where it is preferred by name in version 1.0.0 or any; a browser, curl and old scrapers get text. */
export function formatFor(accept: string | undefined): Format {
  let text = accept === undefined ? 1 : 0;
  let openmetrics = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const of = (name: string): string | undefined =>
      parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    const weight = Number(of('q') ?? 1);
    if (!(weight > 0)) continue;
    const version = of('version')?.replaceAll('"', '');
    if (type === 'application/openmetrics-text') {
      if (version === undefined || version === '1.0.0') openmetrics = Math.max(openmetrics, weight);
    } else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
      if (version === undefined || version === '0.0.4') text = Math.max(text, weight);
    }
  }
  return openmetrics >= text && openmetrics > 0 ? 'openmetrics' : 'text';
}

/** Whether `Accept-Encoding` takes gzip. */
export function takesGzip(acceptEncoding: string | string[] | undefined): boolean {
  return String(acceptEncoding ?? '')
    .split(',')
    .some((coding) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(coding));
}
