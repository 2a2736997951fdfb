/** Guests and readers that come and go. */

import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, connect } from '../../test/helpers/rpc.js';
import { startGuests, type Guests } from '../footprint/guests.js';

const BATCH = 15;
const KIB = 256;
/** Batches that live at once; each lives for so many turns. */
const ALIVE = 3;
const TURN_MS = 2_000;
/** After so many guests their names come again: what is kept by name is bounded, and so is the number of names here. */
const NAMES = 150;

/** Starts some guests every two seconds and ends those that are six seconds old, until told to stop. */
export async function churnGuests(signal: AbortSignal): Promise<number> {
  const alive: Guests[] = [];
  let started = 0;
  try {
    while (!signal.aborted) {
      alive.push(await startGuests(BATCH, KIB, 1 + (started % NAMES)));
      started += BATCH;
      if (alive.length > ALIVE) await alive.shift()?.[Symbol.asyncDispose]();
      await sleep(TURN_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await Promise.all(alive.map((guests) => guests[Symbol.asyncDispose]()));
  }
  return started;
}

/** A client that asks and listens for a second, and a page that is open for a second; again and again. */
export async function churnReaders(grpc: string, web: string, signal: AbortSignal): Promise<number> {
  let readers = 0;
  while (!signal.aborted) {
    const client = connect(grpc);
    const streams = [client.streamSamples({ look_back_sec: 10 }), client.streamEvents({ look_back_sec: 10 })];
    for (const stream of streams) stream.on('error', () => undefined).resume();
    await call((done) => client.listGuests({}, done)).catch(() => undefined);
    const page = request(`${web}/api/stream`, (res) => res.on('error', () => undefined).resume());
    page.on('error', () => undefined).end();
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
    for (const stream of streams) stream.cancel();
    client.close();
    page.destroy();
    readers += 3;
  }
  return readers;
}
