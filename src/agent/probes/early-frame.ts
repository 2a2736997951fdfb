/**
 * A first frame soon after the start: bpftrace's `interval:s:1` fires for the first time a second after it was attached,
 * and on a host where nothing happens that second is most of the time to the first data.
 */

const FRAME = /^interval:s:\d+\n\{\n([\s\S]*?)^\}\n/gm;
/** From being attached to the early frame. The timer goes on, at five compares a second. */
const EARLY_MS = 200;

/** The joined program, with one more frame of each of its programs EARLY_MS after the start. */
export function withEarlyFrame(program: string): string {
  let frames = 0;
  return program.replace(FRAME, (block, statements: string) => {
    frames += 1;
    const told = `@early[(uint64)${frames}]`;
    return `${block}\ninterval:ms:${EARLY_MS}\n/${told} == 0/\n{\n\t${told} = (uint64)1;\n${statements}}\n`;
  });
}
