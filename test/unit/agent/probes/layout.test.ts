import { describe, expect, it } from 'vitest';
import { mergeableExpression } from '../../../../src/agent/probes/layout.js';

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
