import fc from 'fast-check';
import { describe } from 'vitest';
import { parseAddress } from '../../src/agent/rpc/address.js';
import { readEventQuery, readHistoryQuery } from '../../src/agent/rpc/past-requests.js';
import { isOurHost, isOurOrigin, parseHostPort } from '../../web/gateway/address.js';
import { mergeOf, modeOf, nothingOf, settingsOf, tokenOf } from '../../web/gateway/bodies.js';
import { guestOf, historyOf, lookBackOf, pastEventsOf, whatIfOf } from '../../web/gateway/queries.js';
import { readCookie } from '../../web/gateway/session/cookie.js';
import { formatRoute, parseRoute } from '../../web/page/route.js';
import { choiceOf, MOST_SPAN_MS, writeChoice } from '../../web/page/time-range.js';
import { fuzz, isCatalogued } from './fuzz.js';
import { mutant } from './mutant.js';

/** Each takes the input, or refuses it by the catalogue. */
function each(takers: readonly (() => unknown)[]): void {
  for (const take of takers) {
    try {
      take();
    } catch (error) {
      if (!isCatalogued(error)) throw error;
    }
  }
}

describe('the agent', () => {
  fuzz('addresses to listen on', mutant('127.0.0.1:50576', '[::1]:0', 'unix:/run/ksmpilot/agent.sock'), (text) => {
    each([() => parseHostPort(text)]);
    const { port } = parseAddress(text);
    if (!(port >= 0 && port <= 65_535)) throw new Error(`port ${port}`);
  });
  const number = fc.oneof(fc.nat(), fc.double(), fc.constantFrom(0, 2 ** 53, 2 ** 64, 5001, -1));
  const name = fc.string({ unit: 'binary', maxLength: 2000 });
  fuzz(
    'requests for the past',
    fc.record({
      from_ms: number,
      to_ms: number,
      points: number,
      limit: number,
      guest: name,
      fields: fc.array(name, { maxLength: 200 }),
    }),
    (request) => {
      each([() => readEventQuery({ ...request, kinds: [] })]);
      const { fromMs, toMs, points } = readHistoryQuery(request);
      if (points > 5000 || (toMs !== 0 && toMs < fromMs)) throw new Error('an absurd query');
    },
  );
});

describe('the gateway', () => {
  const query =
    'from_ms=1790000000000&to_ms=1790000060000&points=600&fields=saved_bytes,profit_bytes&guest=vm%2F1&limit=5';
  fuzz('queries of the page', mutant(query, 'look_back_sec=900&policies=ksmtuned,ksmpilot&kinds=MODE'), (text) => {
    const params = new URLSearchParams(text);
    each([historyOf, pastEventsOf, whatIfOf, guestOf, lookBackOf].map((take) => () => take(params)));
  });
  const body = mutant(
    '{"mode":"auto"}',
    '{"guest":"vm/1","merge":"off","dry_run":true}',
    '{"tuner":{"gib_per_core":8,"may_start":true}}',
    '{"token":"ksmp_x"}',
  );
  const anything = fc.oneof(
    fc.json().map((text) => JSON.parse(text) as unknown),
    body.map(fromJson),
  );
  fuzz('bodies of the page', anything, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const given = value as Readonly<Record<string, unknown>>;
    each([modeOf, mergeOf, settingsOf, nothingOf, tokenOf].map((take) => () => take(given)));
  });
  const header = mutant('127.0.0.1:8576', 'http://127.0.0.1:8576', 'ksmpilot-8576=abc; other=1');
  fuzz('headers of the page', header, (text) => {
    readCookie(text, 'ksmpilot-8576');
    isOurOrigin(text, '127.0.0.1:8576');
    const bound = { host: '127.0.0.1', port: 8576 };
    if (isOurHost(text, bound) && !/^(?:127\.0\.0\.1|localhost|\[::1\]):8576$/i.test(text))
      throw new Error(`${JSON.stringify(text)} passes for our host`);
  });
});

describe('the page', () => {
  const hash = mutant('#/guests/vm%2F1?sort=name&last=3600', '#/overview?from=1790000000000&to=1790000060000&agent=a');
  fuzz('addresses of the page (URL state)', hash, (text) => {
    const route = parseRoute(text);
    const again = parseRoute(formatRoute(wellFormed(route)));
    if (again.view !== wellFormed(route).view) throw new Error(`${again.view} is not ${route.view}`);
    const choice = choiceOf(route.params);
    if (choice === undefined) return;
    const span = choice.live ? choice.spanMs : choice.toMs - choice.fromMs;
    if (!(span >= 9_999 && span <= MOST_SPAN_MS + 1)) throw new Error(`a span of ${span} ms`);
    writeChoice(choice, route.params);
  });
});

/** Half a surrogate pair, which no address can hold, as browsers replace it. */
function wellFormed<R extends { readonly view: string; readonly rest: readonly string[] }>(route: R): R {
  const replaced = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
  return { ...route, view: replaced(route.view), rest: route.rest.map(replaced) };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
