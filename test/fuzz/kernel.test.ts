import fc from 'fast-check';
import { describe } from 'vitest';
import { parseCpus, parsePageSize } from '../../src/agent/kernel/host-facts.js';
import { parseSchedstatCpu } from '../../src/agent/kernel/ksmd.js';
import { parseMeminfo } from '../../src/agent/kernel/meminfo.js';
import { parseCount, parseSelected, parseSigned } from '../../src/agent/kernel/number.js';
import { parseKsmStat, parsePidStat, parseStatmAnon } from '../../src/agent/kernel/pid.js';
import { parsePsi } from '../../src/agent/kernel/psi.js';
import { rivalName } from '../../src/agent/kernel/rivals.js';
import { parseVmstat } from '../../src/agent/kernel/vmstat.js';
import { parseList, parsePinnedBytes } from '../../src/agent/kernel/why-facts.js';
import { parseAreas } from '../../src/agent/memory-map/areas.js';
import { kindOf } from '../../src/agent/memory-map/page-kind.js';
import { frameOf, isPrivate, isSwapped } from '../../src/agent/memory-map/pagemap.js';
import { parseKcoreBases } from '../../src/agent/probes/kcore.js';
import { parseLine } from '../../src/agent/probes/line.js';
import { LineSplitter } from '../../src/agent/probes/lines.js';
import { fuzz } from './fuzz.js';
import { mutant, mutantBytes } from './mutant.js';

const PATH = '/proc/fuzz';

/** What a figure may be: 0 or more, or not told. */
function checkFigures(figures: Readonly<Record<string, unknown>>, least = 0): void {
  for (const [name, value] of Object.entries(figures)) {
    if (typeof value === 'number' && !(value >= least)) throw new Error(`${name} is ${value}`);
  }
}

describe('bpftrace', () => {
  const lines = mutant(
    '{"type": "attached_probes", "data": {"probes": 15}}',
    '{"type": "printf", "data": "tick cow 7\\n"}',
    '{"type": "printf", "data": "enter pid=4242 comm=qemu-system-x86\\n"}',
    '{"type": "printf", "data": "scan seq=3 us=1200 cpu_us=800 rmap=64 new=1 into=2 zero=0 fail=0 removed=0\\n"}',
    '{"type": "map", "data": {"@cow": {"4242,0": 31, "4243,1": 7}}}',
    '{"type": "hist", "data": {"@service_ns": [{"min": 4, "max": 7, "count": 2}, {"min": 8, "count": 1}]}}',
    '{"type": "lost_events", "data": {"events": 12}}',
  );
  fuzz('bpftrace lines', lines, (line) => {
    const message = parseLine(line);
    if (message !== undefined && 'text' in message && message.text.length > 200) throw new Error('a quote is too long');
  });
  fuzz('bpftrace chunks', fc.array(lines, { maxLength: 12 }), (chunks) => {
    const splitter = new LineSplitter(1024);
    const all = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
    const tooLong = all.find((line) => line.length > 1024 || line.includes('\n'));
    if (tooLong !== undefined) throw new Error(`a line has ${tooLong.length} characters`);
  });
});

describe('/proc and /sys', () => {
  fuzz('counts of /proc and /sys', mutant('26214\n', '-1638400\n', '[none] scan-time\n'), (text) => {
    for (const parse of [parseSigned, parseSelected]) attempt(() => parse(text, PATH));
    checkFigures({ count: parseCount(text, PATH) });
  });
  const stat = '37 (ksmd) S 2 0 0 0 -1 2097216 0 0 0 0 0 0 0 0 25 5 1 0 27 0 0 18446744073709551615 0 0 0';
  fuzz('/proc/PID/stat', mutant(stat, stat.replace('ksmd', 'a) S (b')), (text) => {
    checkFigures({ ...parsePidStat(text, PATH) });
  });
  fuzz('/proc/PID/statm', mutant('765 442 414 5 0 123 0\n'), (text) =>
    checkFigures({ pages: parseStatmAnon(text, PATH) }),
  );
  const ksmStat =
    'ksm_rmap_items 51200\nksm_zero_pages 0\nksm_merging_pages 51185\nksm_process_profit 206376960\n' +
    'ksm_merge_any: no\nksm_mergeable: yes\n';
  fuzz('/proc/PID/ksm_stat', mutant(ksmStat), (text) => {
    const { ksm_process_profit: _profit, ...rest } = parseKsmStat(text, PATH);
    checkFigures(rest);
  });
  fuzz('/proc/PID/schedstat', mutant('123456789 4242 17\n'), (text) => {
    checkFigures({ cpu: parseSchedstatCpu(text, PATH) });
  });
  fuzz('/proc/PID/status', mutant('Name:\tqemu\nVmLck:\t       0 kB\nVmPin:\t 2097152 kB\n'), (text) => {
    checkFigures({ ...parsePinnedBytes(text, PATH) });
    rivalName(text.slice(0, 15), text);
  });
  const meminfo =
    'MemTotal:       16384256 kB\nMemFree:         1234 kB\nMemAvailable:    9999 kB\nHugePages_Total:  0\n';
  fuzz('/proc/meminfo', mutant(meminfo), (text) => checkFigures({ ...parseMeminfo(text, PATH) }));
  fuzz('/proc/vmstat', mutant('nr_free_pages 12\npgfault 99\ncow_ksm 1234\nksm_swpin_copy 3\n'), (text) => {
    checkFigures({ ...parseVmstat(text, PATH) });
  });
  const psi =
    'some avg10=0.12 avg60=0.05 avg300=0.00 total=1234567\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=12345\n';
  fuzz('/proc/pressure', mutant(psi), (text) => checkFigures({ ...parsePsi(text, PATH) }));
  fuzz('/proc/cpuinfo', mutant('cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu1 1 2 3 4\n', '0-3,5\n'), (text) => {
    checkFigures({ cpus: parseCpus(text, PATH) });
  });
  const auxv = new BigUint64Array([33n, 0x7fff00000000n, 6n, 4096n, 0n, 0n]);
  fuzz('/proc/self/auxv', mutantBytes(new Uint8Array(auxv.buffer)), (bytes) => {
    checkFigures({ size: parsePageSize(bytes, PATH) }, 1);
  });
  const elf = Buffer.alloc(64 + 56 * 3);
  elf.write('\x7fELF\x02\x01\x01', 'latin1');
  elf.writeUInt16LE(4, 16);
  elf.writeUInt16LE(62, 18);
  elf.writeBigUInt64LE(64n, 32);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(3, 56);
  fuzz('/proc/kcore', mutantBytes(elf), (bytes) => void parseKcoreBases(bytes));
  fuzz('lists of CPUs and nodes', mutant('0-1,4\n', '0-3', '7'), (text) =>
    checkFigures({ nodes: parseList(text, PATH) }),
  );
});

describe('the memory of a process', () => {
  const smaps =
    '7f1bbe000000-7f1c3e000000 rw-p 00000000 00:00 0                          [anon:guest RAM]\n' +
    'Rss:             2097152 kB\nAnonymous:       2097152 kB\nAnonHugePages:    104448 kB\nSwap:  0 kB\n' +
    'VmFlags: rd wr mr mw me ac sd mg\n';
  fuzz('/proc/PID/smaps', mutant(smaps, smaps + smaps.replace(' mg', ' sh ht')), (text) => {
    for (const area of parseAreas(text.split('\n'), 4096, PATH)) {
      const { firstPage: _first, pages: _pages, ...figures } = area;
      checkFigures({ ...figures });
    }
  });
  const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fuzz('/proc/PID/pagemap', fc.tuple(half, half, half), ([low, high, flags]) => {
    const frame = frameOf(low >>> 0, high);
    // A double rounds the highest of 55 bits up to the next power of two.
    if (!Number.isInteger(frame) || frame < 0 || frame > 2 ** 55) throw new Error(`frame ${frame}`);
    if (isPrivate(high) && isSwapped(high)) throw new Error('present and swapped');
    kindOf(high, flags);
  });
});

/** Both may refuse the text. */
function attempt(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'KsmpilotError') throw error;
  }
}
