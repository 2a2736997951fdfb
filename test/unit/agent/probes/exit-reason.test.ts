import { describe, expect, it } from 'vitest';
import { describeExit } from '../../../../src/agent/probes/exit-reason.js';

const told = (stderr: string, code = 1): string => describeExit({ code, signal: undefined, stderr });

describe('a bpftrace that ended', () => {
  it('says how, where it said nothing', () => {
    expect(told('', 139)).toBe('bpftrace ended with 139');
    const unknown = { code: undefined, signal: undefined };
    expect(describeExit({ ...unknown, signal: 'SIGKILL', stderr: '' })).toBe('bpftrace was ended by SIGKILL');
    expect(describeExit({ ...unknown, stderr: 'spawn bpftrace EACCES' })).toBe('bpftrace spawn bpftrace EACCES');
    expect(describeExit({ ...unknown, stderr: '' })).toBe('bpftrace could not be started');
  });

  it('is quoted with its last line where no line is an error', () => {
    expect(told('Attaching 3 probes...\nkilled', 2)).toBe('bpftrace ended with 2: killed');
  });
});

// As bpftrace 0.17.0 (Debian 12) wrote it, on Linux 6.18 without kprobes.
describe('bpftrace 0.17 is quoted with the cause', () => {
  it.each([
    [
      'no tracepoint',
      `stdin:1:1-24: ERROR: tracepoint not found: ksm:ksm_nope
tracepoint:ksm:ksm_nope { @ = count(); }
~~~~~~~~~~~~~~~~~~~~~~~`,
      'stdin:1:1-24: ERROR: tracepoint not found: ksm:ksm_nope',
    ],
    [
      'kprobes compiled out',
      `k.bt:1:1-18: WARNING: do_wp_page is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail
kprobe:do_wp_page { @ = count(); } interval:s:1 { exit(); }
~~~~~~~~~~~~~~~~~
create_probe_event: open(/sys/kernel/tracing/kprobe_events): No such file or directory
ERROR: Error attaching probe: 'kprobe:do_wp_page'`,
      "create_probe_event: open(/sys/kernel/tracing/kprobe_events): No such file or directory; ERROR: Error attaching probe: 'kprobe:do_wp_page'",
    ],
    [
      'no fentry',
      `f.bt:1:1-17: ERROR: kfunc/kretfunc not available for your kernel version.
kfunc:do_wp_page { @ = count(); } interval:s:1 { exit(); }
~~~~~~~~~~~~~~~~`,
      'f.bt:1:1-17: ERROR: kfunc/kretfunc not available for your kernel version.',
    ],
    [
      'available_filter_functions unreadable',
      `/tmp/ksmpilot-xeXssC/program.bt:48-50: ERROR: kfunc:do_wp_page: could not read traceable functions from /sys/kernel/tracing/available_filter_functions (is tracefs mounted?)`,
      'program.bt:48-50: ERROR: kfunc:do_wp_page: could not read traceable functions from /sys/kernel/tracing/available_filter_functions (is tracefs mounted?)',
    ],
    [
      'a variable that kallsyms does not list',
      'ERROR: Failed to compile: Failed to resolve kernel symbol: vmemmap_base',
      'ERROR: Failed to compile: Failed to resolve kernel symbol: vmemmap_base',
    ],
    [
      'a struct that changed',
      `stdin:1:42-50: ERROR: Struct/union of type 'struct mm_struct' does not contain a field named 'nope'
BEGIN { $m = (struct mm_struct *)0; @ = $m->nope; }
                                         ~~~~~~~~`,
      "stdin:1:42-50: ERROR: Struct/union of type 'struct mm_struct' does not contain a field named 'nope'",
    ],
    [
      'not root',
      'ERROR: bpftrace currently only supports running as the root user.',
      'ERROR: bpftrace currently only supports running as the root user.',
    ],
    [
      'a part that was not put in',
      "definitions.h:2:10: fatal error: 'parts/x.bt' file not found",
      "definitions.h:2:10: fatal error: 'parts/x.bt' file not found",
    ],
  ])('%s', (_what, stderr, reason) => {
    expect(told(stderr)).toBe(`bpftrace ended with 1: ${reason}`);
  });
});

// As bpftrace 0.23.2 (Debian 13) wrote it, on Linux 6.12.
describe('bpftrace 0.23 is quoted with the cause', () => {
  it.each([
    ['no fentry', 'ERROR: No BTF found for do_nope', 'ERROR: No BTF found for do_nope'],
    [
      'a function that is inlined',
      `stdin:1:1-26: WARNING: cmp_and_merge_page is not traceable (either non-existing, inlined, or marked as "notrace"); attaching to it will likely fail
kprobe:cmp_and_merge_page { @ = count(); }
~~~~~~~~~~~~~~~~~~~~~~~~~
cannot attach kprobe, Invalid argument
ERROR: Error attaching probe: kprobe:cmp_and_merge_page`,
      'cannot attach kprobe, Invalid argument; ERROR: Error attaching probe: kprobe:cmp_and_merge_page',
    ],
    [
      'no BTF',
      `WARNING: BTF: failed to parse BTF from /dev/null
WARNING: BTF: failed to parse BTF from /dev/null
stdin:1:14-35: ERROR: Cannot resolve unknown type "struct mm_struct"
BEGIN { $m = (struct mm_struct *)0; @ = $m->owner; }
             ~~~~~~~~~~~~~~~~~~~~~
stdin:1:42-51: ERROR: Unknown struct/union: 'struct mm_struct'`,
      'stdin:1:14-35: ERROR: Cannot resolve unknown type "struct mm_struct"',
    ],
    [
      'addresses hidden by kptr_restrict',
      'ERROR: Failed to compile: Failed to resolve kernel symbol: vmemmap_base',
      'ERROR: Failed to compile: Failed to resolve kernel symbol: vmemmap_base',
    ],
    [
      'a map of probes that is too small',
      `ERROR: Can't attach to 3 probes because it exceeds the current limit of 1 probes.
You can increase the limit through the BPFTRACE_MAX_PROBES environment variable, but BE CAREFUL since a high number of probes attached can cause your system to crash.`,
      "ERROR: Can't attach to 3 probes because it exceeds the current limit of 1 probes.",
    ],
  ])('%s', (_what, stderr, reason) => {
    expect(told(stderr, 255)).toBe(`bpftrace ended with 255: ${reason}`);
  });
});
