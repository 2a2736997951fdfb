import { describe, expect, it } from 'vitest';
import { emptyProgram, tracepointsOf } from '../../../../bench/probes/sets.js';

const TEXT = `#define X 1
tracepoint:exceptions:page_fault_user,
tracepoint:exceptions:page_fault_kernel
/args->error_code/
{
}
tracepoint:ksm:ksm_exit { @a = count(); }
tracepoint:exceptions:page_fault_user { }
interval:s:1 { }
`;

describe('tracepointsOf', () => {
  it('finds each tracepoint once, in order', () => {
    expect(tracepointsOf(TEXT)).toEqual(['exceptions:page_fault_user', 'exceptions:page_fault_kernel', 'ksm:ksm_exit']);
  });
});

describe('emptyProgram', () => {
  it('hangs on the same tracepoints, does nothing there, and brings frames', () => {
    const empty = emptyProgram(TEXT);
    expect(tracepointsOf(empty)).toEqual(tracepointsOf(TEXT));
    expect(empty).toContain('tracepoint:ksm:ksm_exit { }');
    expect(empty).toMatch(/^interval:s:1$/m);
  });
});
