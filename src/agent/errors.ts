/**
 * The one catalogue of errors. A code is stable and is what scripts match; the message says what failed and why, from
 * facts; the hint is the cure. docs/errors.md lists every code, and a contract test fails if the two differ.
 */

export const ERROR_CODES = {
  CONFIG_INVALID: 'The configuration or a flag is not valid; the message names the key.',
  CONFIG_UNREADABLE: 'The configuration file cannot be read or is not YAML.',
  KSM_ABSENT: 'This kernel has no KSM: /sys/kernel/mm/ksm does not exist.',
  KSM_STOPPED: 'KSM does not scan: run is 0.',
  ZERO_PAGES_ADVISED: 'Advice: use_zero_pages would save more of what merges here.',
  RIVAL_ALIVE: 'Another tuner moves the same knobs.',
  KSM_FILE_UNREADABLE: 'A file of the kernel is there but could not be read.',
  KSM_FILE_MALFORMED: 'A file of the kernel holds something else than expected.',
  KSM_KNOB_ABSENT: 'This kernel has no such knob.',
  KSM_KNOB_REFUSED: 'The kernel refused a value written to a knob.',
  KSM_KNOB_NOT_KEPT: 'A knob was written and reads back as another value.',
  KSM_UNMERGE_REFUSED: 'Only `ksmpilot unmerge` writes 2 (unmerge everything) to run.',
  UNMERGE_STOPPED: 'Unmerging everything ended before all was unmerged.',
  MEMORY_SHORT: 'The memory that unmerging would take is not there.',
  NOT_CONFIRMED: 'A change was not confirmed, so nothing was changed.',
  NOT_ROOT: 'This needs root.',
  BPFTRACE_MISSING: 'bpftrace is not on PATH.',
  BPFTRACE_TOO_OLD: 'bpftrace is older than 0.17.',
  BPFTRACE_FAILED: 'bpftrace ended or refused a program.',
  TRACEFS_MISSING: 'tracefs is not mounted, so no tracepoint can be found.',
  PROBE_UNSUPPORTED: 'This kernel lacks what a probe needs.',
  AGENT_RUNNING: 'Another ksmpilot runs on this host.',
  REQUEST_INVALID: 'A request to the agent is not valid; the message names the field.',
  STREAMS_EXHAUSTED: 'The agent serves as many streams at once as it allows.',
  AGENT_STOPPING: 'The agent is stopping.',
  AGENT_UNREACHABLE: 'No agent answers at the address.',
  AGENT_ABSENT: 'The page serves no agent of that name.',
  AGENT_OUTDATED: 'The agent is of an earlier version and does not know the call.',
  SIGN_INS_LIMITED: 'Wrong tokens were tried too often; the message says when to try again.',
  PROMETHEUS_UNREACHABLE:
    'The Prometheus server that the fleet is read from does not answer, or not with what was asked.',
  PORT_IN_USE: 'A port is taken by another program.',
  BIND_REFUSED: 'An address is not loopback and has no TLS, or may not be bound.',
  TOKEN_MISSING: 'A token is missing, not readable, unknown, expired or revoked.',
  TOKENS_UNUSABLE: 'The file of tokens cannot be read or written, is open to others, or holds something else.',
  ROLE_MISSING: 'The caller is known but may not do this: its role is view, or it has none.',
  RATE_LIMITED: 'The agent was called more often than it allows.',
  TLS_FILES_INVALID: 'A certificate or key file cannot be used; the message names it.',
  TLS_REFUSED: 'A TLS connection was not made; the message says which side would not and why.',
  BASELINE_UNREADABLE: 'The saved baseline of the knobs cannot be used.',
  BASELINE_NOT_SAVED: 'The baseline of the knobs could not be saved, so no knob was written.',
  MODE_REFUSED: 'The mode cannot be entered on this host.',
  DEMO_REFUSED: 'Demonstration guests cannot be started on this host.',
  STATE_DIR_UNUSABLE: 'The state directory cannot be made or is not ours alone.',
  RECORD_INVALID: 'A file is not a record of a host, or of another version; the message names the line.',
  RECORD_UNWRITABLE: 'The file for a record cannot be made or written.',
  GUEST_ABSENT: 'There is no such guest.',
  GUEST_AMBIGUOUS: 'Several guests are called that; the message lists them.',
  GUEST_NOT_STEERED: "This guest's merging cannot be switched from here; what to set instead is printed.",
  QMP_UNREACHABLE: "The socket of a guest's monitor cannot be used.",
  QMP_TAKEN: "A guest's monitor serves another client.",
  QMP_FAILED: "A guest's monitor closed, kept silent or spoke something else than QMP.",
  QMP_REFUSED: 'QEMU refused a command.',
  MERGE_NOT_FOLLOWED: "A guest's mergeable memory is not what was asked for.",
  WORK_EXHAUSTED: 'The agent does as much long work at once as it allows.',
  WORK_TOO_LONG: 'Work of the agent was given up because it took too long.',
  HISTORY_SHORT: 'The agent has too little history for what was asked.',
  PROCESS_ABSENT: 'There is no such process.',
  MEMORY_UNREADABLE: 'The memory of a process, or what the kernel tells of it, cannot be read.',
  HISTORY_UNAVAILABLE: 'No history is kept, or none can be read; the message says why.',
  HISTORY_DISK_FULL: 'There is no room for the history; it goes on by itself when there is.',
  HISTORY_UNWRITABLE: "The history's file cannot be made, read or written.",
  HISTORY_TAKEN: "Another process has the history's file open.",
  HISTORY_FOREIGN: "The history's file is of a newer ksmpilot or of another program; it is left alone.",
  HISTORY_BROKEN: 'The history was damaged on the disk, in part or as a whole.',
  INTERNAL: 'A defect in ksmpilot.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export class KsmpilotError extends Error {
  readonly code: ErrorCode;
  /** The cure, one sentence. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KsmpilotError';
    this.code = code;
    this.hint = options.hint;
  }

  /** `CODE: what failed and why. Hint: the cure` on one line. */
  override toString(): string {
    return formatError(this);
  }
}

export function formatError(error: unknown): string {
  if (error instanceof KsmpilotError) {
    const end = error.hint === undefined || /[.!?]$/.test(error.message) ? '' : '.';
    return `${error.code}: ${error.message}${end}${error.hint === undefined ? '' : ` Hint: ${error.hint}`}`;
  }
  return error instanceof Error ? `INTERNAL: ${error.message}` : `INTERNAL: ${String(error)}`;
}

/** The errno name of a Node system error, such as `ENOENT`; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
