import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../src/agent/paths.js';
import { findLayout, mergeableExpression, unmergeExpression } from '../../../../src/agent/probes/layout.js';
import { makeFakeHost, type FakeHost } from '../../../helpers/fake-host.js';
import { kcoreHead } from '../../../helpers/kcore-head.js';

const declaration = (flags: string): string =>
  `struct mm_struct {\n\tpgd_t *pgd;\n\tvm_flags_t def_flags;\n\t${flags}\n};\n`;

describe("the mm's flags", () => {
  it.each([
    ['mm_flags_t flags;', '($flags.__mm_flags[0] & 0x10000)'],
    ['long unsigned int flags;', '($flags & 0x10000)'],
    ['unsigned long flags;', '($flags & 0x10000)'],
  ])('declared as "%s" are tested by %s', (flags, expression) => {
    expect(mergeableExpression(declaration(flags))).toBe(expression);
  });

  it('of a kind not known yet are refused, not guessed', () => {
    expect(() => mergeableExpression(declaration('struct mm_bits flags;'))).toThrow(
      'declares its flags as struct mm_bits',
    );
    expect(() => mergeableExpression(declaration('int other;'))).toThrow('no declaration of struct mm_struct');
    expect(() => mergeableExpression('')).toThrow('no BTF?');
  });
});

describe('break_ksm among remote faults', () => {
  it.each([
    ['up to Linux 6.1', 'VM_FAULT_OOM\0VM_FAULT_WRITE\0', '(($fault & 0x14) == 0)'],
    ['from Linux 6.2', 'VM_FAULT_OOM\0VM_FAULT_SIGBUS\0', '(($fault & 0x414) == 0x400)'],
  ])('%s is told by the names in the BTF', (_when, names, expression) => {
    expect(unmergeExpression(`\0int\0${names}`)).toBe(expression);
  });
});

describe('the bases', () => {
  let host: FakeHost;
  beforeEach(() => {
    host = makeFakeHost();
  });
  afterEach(() => host.remove());

  // What the stand-in for bpftrace answers, whichever way it is asked.
  const TOLD = { pageOffset: 0xff11000000000000n, vmemmap: 0xffd4000000000000n };

  const listSymbols = (address: string): void => {
    const lines = ['page_offset_base', 'vmemmap_base'].map((name) => `${address} D ${name}\n`);
    writeFileSync(join(host.root, 'proc/kallsyms'), lines.join(''));
  };
  const writeKcore = ({ pageOffset, vmemmap }: typeof TOLD): void => {
    writeFileSync(
      join(host.root, 'proc/kcore'),
      kcoreHead([
        [1, pageOffset + 0x1000n, 0x1000n, 0x9e000n],
        [1, vmemmap, 0xffffffffffffffffn, 0x3000n],
      ]),
    );
  };
  const find = async (): Promise<string> => {
    const readProgram = (file: string): string => readFileSync(join(packageRoot, 'bpf', file), 'utf8');
    const { basesFrom, defines } = await findLayout({ ...host, pagingLevels: 5, readProgram });
    return `${String(defines.PAGE_OFFSET_BASE)} from ${basesFrom}`;
  };

  it('are read by name where the kernel lists its variables', async () => {
    listSymbols('ffffffff9b164598');
    expect(await find()).toBe('0xff11000000000000 from /proc/kallsyms');
  });

  it('are not asked for at addresses that kptr_restrict has hidden', async () => {
    listSymbols('0000000000000000');
    writeKcore(TOLD);
    expect(await find()).toBe('0xff11000000000000 from /proc/kcore');
  });

  it('are sure where two sources agree', async () => {
    listSymbols('ffffffff9b164598');
    writeKcore(TOLD);
    expect(await find()).toBe('0xff11000000000000 from /proc/kallsyms and /proc/kcore');
  });

  it('are measured where two sources differ, and where none tells', async () => {
    expect(await find()).toBe('0xff11000000000000 from bpf/calibrate.bt');
    listSymbols('ffffffff9b164598');
    writeKcore({ ...TOLD, vmemmap: TOLD.vmemmap + (1n << 30n) });
    expect(await find()).toBe('0xff11000000000000 from bpf/calibrate.bt');
  });

  it('that are none, such as zeros, are not taken', async () => {
    writeKcore({ pageOffset: 0n, vmemmap: 1n << 30n });
    expect(await find()).toBe('0xff11000000000000 from bpf/calibrate.bt');
  });
});
