/** The states of all probes as every view shows them, and who wants to hear of changes and of what the probes see. */

import type { ProbeEvent, ProbePhase, ProbeState } from '../model/probe.js';
import { SUBJECTS } from './tier.js';

export class ProbeBoard {
  readonly #states = new Map<string, ProbeState>();
  readonly #listeners = new Set<(event: ProbeEvent) => void>();

  /** `detail`: why every probe is off; default: what each would count. */
  constructor(detail?: string) {
    for (const { name, counts } of SUBJECTS) {
      this.#states.set(name, { name, state: 'off', detail: detail ?? counts, restarts: 0 });
    }
  }

  get states(): readonly ProbeState[] {
    return [...this.#states.values()];
  }

  stateOf(name: string): ProbePhase | undefined {
    return this.#states.get(name)?.state;
  }

  /** Tells the listeners where state or detail changed. `startupMs` and `restarts` stay as they were unless given. */
  set(name: string, state: ProbePhase, detail: string, more: { startupMs?: number; restarts?: number } = {}): void {
    const before = this.#states.get(name);
    const probe: ProbeState = { name, restarts: 0, ...before, ...more, state, detail };
    this.#states.set(name, probe);
    if (before?.state !== state || before.detail !== detail) this.emit({ kind: 'probe-state', probe });
  }

  emit(event: ProbeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  onEvent(listener: (event: ProbeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
