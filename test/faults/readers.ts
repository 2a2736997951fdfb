/** A thousand connections that want all and read nothing. */

import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.js';
import type { Rig } from './rig.js';

const READERS = 1000;

/** StreamSamplesRequest { look_back_sec: 3600, with_processes: true } in a frame of gRPC. */
const REQUEST = Buffer.from([0, 0, 0, 0, 5, 0x08, 0x90, 0x1c, 0x10, 0x01]);

export const silentReaders: Fault = {
  id: 'silent-readers',
  what: `${READERS} gRPC readers at once that ask for streams with an hour of past and read nothing, or say nothing`,
  holds: 'who was connected before, and the command line over the Unix socket, are served; all is free when they leave',
  times: { short: 1, long: 10 },
  async run(rig, times, random) {
    await rig.tune('--no-probes');
    const files = rig.openFiles();
    let most = 0;
    for (let done = 0; done < times; done += 1) {
      await rig.lives();
      const leave = Array.from({ length: READERS }, () => reader(rig, Math.floor(random() * 4)));
      for (let look = 0; look < 5; look += 1) {
        await sleep(1000);
        most = Math.max(most, rig.openFiles() - files);
        await rig.lives();
      }
      const { code, stderr } = await rig.agent.ask('status');
      if (code !== 0) throw new Error(`the command line is not served: ${stderr}`);
      for (const left of leave) left();
      await rig.until('their connections are closed', () => rig.openFiles() <= files + 4, 60_000);
      await rig.lives();
    }
    if (most < 50) throw new Error(`only ${most} were connected at once`);
    await rig.finish();
    return `${most} let in at once`;
  },
};

/** @returns what ends it */
function reader({ agent: { grpcPort } }: Rig, kind: number): () => void {
  if (kind === 0) {
    const socket = connectTcp(grpcPort, '127.0.0.1').on('error', () => undefined);
    return () => socket.destroy();
  }
  // No window: not one byte of an answer may be sent. Or the usual one, and nobody reads what comes.
  const settings = kind === 1 ? { initialWindowSize: 0 } : {};
  const session = connectHttp2(`http://127.0.0.1:${grpcPort}`, { settings }).on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/ksmpilot.v1.Ksmpilot/StreamSamples',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined).pause();
  stream.end(REQUEST);
  return () => session.destroy();
}
