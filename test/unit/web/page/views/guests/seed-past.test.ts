import { expect, it } from 'vitest';
import type { Api } from '../../../../../../web/page/api.js';
import { ApiError } from '../../../../../../web/page/api.js';
import { emptyState, type PageState } from '../../../../../../web/page/state.js';
import type { App } from '../../../../../../web/page/view.js';
import { SeedPast, valuesAt } from '../../../../../../web/page/views/guests/seed-past.js';

const NOW = 1e9;

function stateWith(...names: readonly string[]): PageState {
  const state = emptyState();
  const guests = names.map((name) => ({ key: name, identity: `id-${name}`, saved_bytes: name.length }));
  state.guests = { time_ms: NOW, guests } as unknown as NonNullable<PageState['guests']>;
  state.savedPast.push(state.guests);
  return state;
}

/** Answers a guest whose id is in `known` with 5 bytes at each of the last four minutes. */
function appWith(known: readonly string[], refusal: string, asked: string[]): App {
  const get = (_path: string, { guest }: { guest: string }): Promise<unknown> => {
    asked.push(guest);
    if (!known.includes(guest)) {
      return Promise.reject(new ApiError({ code: refusal, message: 'not there', status: 404 }));
    }
    const time_ms = [4, 3, 2, 1].map((minutes) => NOW - minutes * 60_000);
    const columns = [{ name: 'saved_bytes', mean: time_ms.map(() => 5), min: [], max: [] }];
    return Promise.resolve({ resolution_ms: 60_000, time_ms, columns, problem: '' });
  };
  return { api: { get } as unknown as Api, redraw: () => undefined } as unknown as App;
}

/** Until all that is asked was answered. */
async function settled(): Promise<void> {
  for (let waited = 0; waited < 50; waited += 1) await Promise.resolve();
}

it('asks once, those that save most first, and leaves out those that have no past', async () => {
  const [state, asked] = [stateWith('a', 'young', 'bb'), [] as string[]];
  const seed = new SeedPast(appWith(['id-a', 'id-bb'], 'GUEST_ABSENT', asked));
  seed.update(state);
  seed.update(state);
  await settled();
  seed.update(state);
  await settled();
  expect(asked).toEqual(['id-young', 'id-bb', 'id-a']);
  expect(state.savedPast.spanMs).toBeGreaterThan(200_000);
  const [first, second] = state.savedPast.of('a');
  expect([first, second]).toEqual([5, 5]);
  expect([...state.savedPast.of('young')].filter((bytes) => !Number.isNaN(bytes))).toEqual([5]);
});

it('gives up at the first answer that there is no history', async () => {
  const [state, asked] = [stateWith('a', 'bb'), [] as string[]];
  const seed = new SeedPast(appWith([], 'HISTORY_UNAVAILABLE', asked));
  for (let time = 0; time < 3; time += 1) {
    seed.update(state);
    await settled();
  }
  expect(asked).toEqual(['id-bb']);
  expect(state.savedPast.times).toEqual([NOW]);
});

it('fills nothing after its end', async () => {
  const state = stateWith('a');
  const seed = new SeedPast(appWith(['id-a'], 'GUEST_ABSENT', []));
  seed.update(state);
  seed.stop();
  await settled();
  expect(state.savedPast.times).toEqual([NOW]);
});

it('knows nothing where the history has nothing near', () => {
  const answer = {
    resolution_ms: 1_000,
    time_ms: [100_000, 101_000],
    columns: [{ name: 'saved_bytes', mean: [7, null], min: [], max: [] }],
    problem: '',
  };
  expect(valuesAt(answer, [60_000, 99_000, 180_000])).toEqual([NaN, 7, NaN]);
  expect(valuesAt({ ...answer, columns: [] }, [100_000])).toEqual([NaN]);
});
