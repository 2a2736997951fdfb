/**
 * The program of one demonstration guest, a process of its own: `node guest.js '{"name": ..., ...}'` with a GuestPlan.
 * It fills its memory, offers it to KSM, writes one line of JSON to stdout ({@link GuestReply}), and lives until its
 * stdin ends, which the kernel sees to however the parent ends.
 */

import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fillImage, rewritePages, touchPage } from './content.js';
import type * as Libc from './libc.js';
import type { GuestPlan } from './plan.js';
import type { GuestReply } from './reply.js';

/** Volatile pages change 20 times a second: more often than any scan comes by. */
const REWRITE_MS = 50;

/** crypto.randomFillSync takes at most 2^31 - 1 bytes; this keeps the copy inside it small. */
const RANDOM_CHUNK_BYTES = 1024 * 1024;

async function main(): Promise<void> {
  process.stdin.resume();
  for (const event of ['end', 'close', 'error']) process.stdin.on(event, () => process.exit());
  // Ctrl-C reaches every process of the terminal; when the demonstration ends is for the agent to say.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
  const plan = JSON.parse(process.argv[2] ?? '') as GuestPlan;
  preferUsWhenMemoryIsShort();
  const libc = await loadLibc();
  if (libc === undefined) return;
  libc.setProcessName(plan.name);
  const pageSize = libc.pageSize();
  const pages = plan.imagePages + plan.zeroPages + plan.privatePages + plan.volatilePages;
  const area = libc.mapArea(pages * pageSize);
  const { memory } = area;

  const zeroAt = plan.imagePages * pageSize;
  const privateAt = zeroAt + plan.zeroPages * pageSize;
  const volatileAt = privateAt + plan.privatePages * pageSize;
  fillImage(memory, 0, plan.imagePages, pageSize);
  // Fresh memory reads as zero, but only a page that was written exists and can be merged.
  new Uint8Array(memory, zeroAt, plan.zeroPages * pageSize).fill(0);
  for (let at = privateAt; at < volatileAt; at += RANDOM_CHUNK_BYTES) {
    randomFillSync(new Uint8Array(memory, at, Math.min(RANDOM_CHUNK_BYTES, volatileAt - at)));
  }
  rewritePages(memory, volatileAt, plan.volatilePages, pageSize, 0);
  libc.makeMergeable(area);

  if (plan.volatilePages > 0) {
    let round = 0;
    setInterval(() => {
      round += 1;
      rewritePages(memory, volatileAt, plan.volatilePages, pageSize, round);
    }, REWRITE_MS);
  }
  if (plan.breaksPerSec > 0) {
    setInterval(() => {
      touchPage(memory, Math.floor(Math.random() * plan.imagePages) * pageSize, pageSize);
    }, 1000 / plan.breaksPerSec);
  }
  answer({ ready: true, pid: process.pid, pageSize });
}

/** Raising one's own score needs no privilege: a host short of memory should end a demonstration before anything else. */
function preferUsWhenMemoryIsShort(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    return; // a sandbox without it: the guest works all the same
  }
}

async function loadLibc(): Promise<typeof Libc | undefined> {
  try {
    return await import('./libc.js');
  } catch (error) {
    fail(error, true);
    return undefined;
  }
}

function answer(reply: GuestReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

function fail(error: unknown, noLibc: boolean): void {
  answer({ ready: false, message: error instanceof Error ? error.message : String(error), noLibc });
  process.exitCode = 1;
  process.stdin.destroy();
}

try {
  await main();
} catch (error) {
  fail(error, false);
}
