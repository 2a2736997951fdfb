import { openProcessMemory } from '../../src/agent/memory-map/process-memory.js';
import { readMemoryHost } from '../../src/agent/estimate/host-memory.js';
import { Contents } from '../../test/helpers/contents.js';
import type { Speed } from './estimates.js';
import { time } from './timing.js';

/** Words read of each page in the comparison. */
const WORDS = 8;

/** Pages read by one call of process_vm_readv: IOV_MAX (1024) pieces of memory at most. */
const VECTOR_PAGES = 1024 / WORDS;

/**
 * Why the estimate copies whole pages although it looks at few words of most of them: each piece that process_vm_readv
 * is asked for costs the kernel a walk to its page, eight pieces a page eight walks.
 */
export async function measureReads(size: { readonly pages: number; readonly repeats: number }): Promise<Speed[]> {
  const { pageSize } = readMemoryHost();
  const speeds: Speed[] = [];
  for (const huge of [false, true]) {
    const kind = huge ? 'huge' : 'base';
    await using process_ = await Contents.start(...(huge ? ['huge'] : []), `unique:${size.pages}`);
    const memory = openProcessMemory(process_.pid, { pageSize });
    const first = Number(process_.address / BigInt(pageSize));
    for (const block of [16, 64, 256, 1024]) {
      const into = new Uint8Array(block * pageSize);
      const timing = await time(size.pages, size.repeats, () => {
        for (let page = 0; page + block <= size.pages; page += block) memory.content(first + page, into);
      });
      speeds.push({ what: `${kind} pages whole, ${block} at a time`, ratePct: 100, ...timing });
    }
    memory.close();
    const readWords = await vectorReader(process_.pid);
    if (readWords === undefined) continue;
    const timing = await time(size.pages, size.repeats, () => {
      for (let page = 0; page + VECTOR_PAGES <= size.pages; page += VECTOR_PAGES) {
        readWords(process_.address + BigInt(page * pageSize), BigInt(pageSize));
      }
    });
    speeds.push({ what: `${kind} pages, ${WORDS} words of each`, ratePct: 100, ...timing });
  }
  return speeds;
}

/** undefined where koffi cannot be loaded: it is optional. */
async function vectorReader(pid: number): Promise<((from: bigint, pageSize: bigint) => void) | undefined> {
  const koffi = await import('koffi').then(
    (module) => module.default,
    () => undefined,
  );
  if (koffi === undefined) return undefined;
  const readv = koffi
    .load('libc.so.6')
    .func('long process_vm_readv(int pid, void *into, ulong one, void *from, ulong count, ulong flags)') as (
    pid: number,
    into: BigUint64Array,
    one: number,
    from: BigUint64Array,
    count: number,
    flags: number,
  ) => number;
  const words = new BigUint64Array(VECTOR_PAGES * WORDS);
  const into = BigUint64Array.of(koffi.address(words), BigInt(words.byteLength));
  const from = new BigUint64Array(VECTOR_PAGES * WORDS * 2);
  return (start, pageSize) => {
    for (let piece = 0; piece < VECTOR_PAGES * WORDS; piece += 1) {
      const [page, word] = [Math.floor(piece / WORDS), piece % WORDS];
      from[piece * 2] = start + BigInt(page) * pageSize + (BigInt(word) * pageSize) / BigInt(WORDS);
      from[piece * 2 + 1] = 8n;
    }
    const got = readv(pid, into, 1, from, VECTOR_PAGES * WORDS, 0);
    if (got !== words.byteLength) throw new Error(`process_vm_readv read ${got} bytes`);
  };
}
