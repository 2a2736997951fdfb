import { KsmpilotError } from '../../src/agent/errors.js';
import { checkKnobValue } from '../../src/agent/kernel/ksm-knobs.js';
import type { KnobValues } from '../../src/agent/model/knobs.js';
import type { KnobPort } from '../../src/tuner/types.js';

/** KSM's knobs as the kernel behaves, advisor included, without a kernel. */
export class KnobModel implements KnobPort {
  readonly values: Record<string, number | string | undefined>;
  /** All that was written, in order, as `knob=value`. */
  readonly log: string[] = [];
  /** Thrown by the next write of this knob, which then changes nothing. */
  readonly refuse = new Map<string, Error>();
  /** Called after each write was done, before `write` returns: a kill at that instant, say. */
  afterWrite: (() => void) | undefined;

  constructor(values: KnobValues) {
    this.values = { ...values };
  }

  read(knob: string): number | string {
    const value = this.values[knob];
    if (value === undefined) throw new KsmpilotError('KSM_KNOB_ABSENT', `no ${knob}`);
    return value;
  }

  write(knob: string, value: number | string): void {
    checkKnobValue(knob, value);
    if (this.read(knob) === value) return;
    const refusal = this.refuse.get(knob);
    if (refusal !== undefined) throw refusal;
    if (knob === 'pages_to_scan' && this.values['advisor_mode'] === 'scan-time') {
      throw new KsmpilotError('KSM_KNOB_REFUSED', 'EINVAL; advisor_mode is scan-time');
    }
    this.log.push(`${knob}=${value}`);
    this.values[knob] = value;
    if (knob === 'advisor_mode') this.values['pages_to_scan'] = value === 'scan-time' ? 500 : 100;
    this.afterWrite?.();
  }
}
