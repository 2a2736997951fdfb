/** Many readers in one process: counts what arrives until stdin ends, then prints the counts as one line of JSON. */

import { once } from 'node:events';
import type { EventFrame__Output } from '../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { SampleFrame__Output } from '../../proto/generated/ksmpilot/v1/SampleFrame.js';
import { connect } from '../../test/helpers/rpc.js';

export interface ReaderPlan {
  readonly address: string;
  readonly readers: number;
  readonly what: 'events' | 'samples';
  /** Most events of one frame. */
  readonly maxBatch: number;
  readonly withProcesses: boolean;
}

export interface ReaderCounts {
  readonly frames: number;
  /** Events, or samples. */
  readonly items: number;
  /** Rows of processes in samples. */
  readonly rows: number;
  /** As the frames tell it. */
  readonly dropped: number;
  /** Numbers that are missing, seen by the reader. */
  readonly missing: number;
  readonly cpuSec: number;
}

export async function main(argument: string): Promise<void> {
  const plan = JSON.parse(argument) as ReaderPlan;
  const readers = Array.from({ length: plan.readers }, () => new Reader(plan));
  await Promise.all(readers.map((reader) => reader.connected));
  process.stdout.write('ready\n');
  const before = process.cpuUsage();
  process.stdin.resume();
  await once(process.stdin, 'end');
  const { user, system } = process.cpuUsage(before);
  const total = (of: (reader: Reader) => number): number => readers.reduce((sum, reader) => sum + of(reader), 0);
  const counts: ReaderCounts = {
    frames: total(({ frames }) => frames),
    items: total(({ items }) => items),
    rows: total(({ rows }) => rows),
    dropped: total(({ dropped }) => dropped),
    missing: total(({ missing }) => missing),
    cpuSec: (user + system) / 1e6,
  };
  process.stdout.write(`${JSON.stringify(counts)}\n`);
  for (const reader of readers) reader.close();
}

class Reader {
  frames = 0;
  items = 0;
  rows = 0;
  dropped = 0;
  missing = 0;
  readonly connected: Promise<unknown>;
  readonly close: () => void;
  #last: number | undefined;

  constructor({ address, what, maxBatch, withProcesses }: ReaderPlan) {
    const client = connect(address);
    const stream =
      what === 'events'
        ? client.streamEvents({ max_batch: maxBatch }).on('data', (frame: EventFrame__Output) => {
            this.#take(frame.seq, frame.dropped);
            for (const { seq } of frame.more) this.#count(seq);
          })
        : client.streamSamples({ with_processes: withProcesses }).on('data', (frame: SampleFrame__Output) => {
            this.#take(frame.seq, frame.dropped);
            this.rows += frame.processes.length;
          });
    this.connected = once(stream, 'metadata');
    stream.on('error', () => undefined);
    this.close = () => {
      stream.cancel();
      client.close();
    };
  }

  #take(seq: number, dropped: number): void {
    this.frames += 1;
    this.dropped = dropped;
    this.#count(seq);
  }

  #count(seq: number): void {
    this.items += 1;
    if (this.#last !== undefined) this.missing += seq - this.#last - 1;
    this.#last = seq;
  }
}
