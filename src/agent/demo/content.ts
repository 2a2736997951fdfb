/** Page contents of the demonstration guests. Pure: they fill what they are given. */

/**
 * Fills pages with the common image: the same content for the same page index in every process, and another for each
 * index. The generator is xorshift32, seeded with the index; its state is never 0, and its words differ from the first.
 *
 * @param pageSize bytes
 */
export function fillImage(memory: ArrayBuffer, offset: number, pages: number, pageSize: number): void {
  const wordsPerPage = pageSize / 4;
  const words = new Uint32Array(memory, offset, pages * wordsPerPage);
  for (let page = 0; page < pages; page++) {
    let state = Math.imul(page + 1, 0x9e3779b1) | 1;
    const start = page * wordsPerPage;
    // The index itself comes first: two pages differ for certain, whatever the generator does.
    words[start] = page + 1;
    for (let word = 1; word < wordsPerPage; word++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[start + word] = state;
    }
  }
}

/**
 * Writes one word of each page, a new value at each call: a page that changes between two visits of ksmd is volatile
 * to it. Values differ from page to page, so two of them never merge.
 *
 * @param round 0, 1, 2, ...: from call to call another
 */
export function rewritePages(
  memory: ArrayBuffer,
  offset: number,
  pages: number,
  pageSize: number,
  round: number,
): void {
  const wordsPerPage = pageSize / 4;
  const words = new Uint32Array(memory, offset, pages * wordsPerPage);
  for (let page = 0; page < pages; page++) words[page * wordsPerPage] = Math.imul(round + 1, 0x10001) ^ page;
}

/**
 * Writes to a page what it holds already: the write breaks its merge, and ksmd finds it equal again at its next visit.
 * An atomic store, because a compiler may drop a plain one that changes nothing.
 */
export function touchPage(memory: ArrayBuffer, offset: number, pageSize: number): void {
  const words = new Int32Array(memory, offset, pageSize / 4);
  Atomics.store(words, 0, Atomics.load(words, 0));
}
