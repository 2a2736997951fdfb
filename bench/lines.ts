import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The lines of a child's output one after the other; rejects when there are no more. */
export function nextLineOf(stream: Readable, who: string): () => Promise<string> {
  const lines: AsyncIterator<string, undefined> = createInterface({ input: stream })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${who} ended`);
    return value;
  };
}
