import type { Metadata } from '@grpc/grpc-js';
import type { KsmpilotHandlers } from '../../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { RestoreReport } from '../model/knobs.js';
import { formatError } from '../errors.js';
import { difference, type AuditPort } from './audit.js';
import { requireCaller } from './caller.js';
import { encodeRestoreReport, encodeSettings, encodeTuner } from './encode-tuner.js';
import type { Wrap } from './guest-calls.js';
import type { AgentPort } from './port.js';
import { readMode, readTunerSettings } from './requests.js';

/** Decisions told in the answer to a call that changes the tuner. */
const DECISIONS_AFTER_CHANGE = 20;

type ControlHandlers = Pick<KsmpilotHandlers, 'SetMode' | 'Pause' | 'Resume' | 'Restore' | 'UpdateSettings'>;
type Facts = Readonly<Record<string, unknown>>;

interface Work {
  readonly what: keyof ControlHandlers;
  readonly metadata: Metadata;
  readonly request: Facts;
}

/** Calls that steer the tuner and the knobs. Each is in the audit log, with what it changed or why it failed. */
export function controlHandlers(
  port: AgentPort,
  { change, audit }: { readonly change: Wrap; readonly audit: AuditPort },
): ControlHandlers {
  const state = (): Facts => ({ mode: port.mode(), paused: port.paused(), ...port.settings() });
  const tuner = (): ReturnType<typeof encodeTuner> => encodeTuner(port, DECISIONS_AFTER_CHANGE);

  const audited = async <T>(
    { what, metadata, request }: Work,
    work: () => T | Promise<T>,
    told: (answer: T) => Facts = () => ({}),
  ): Promise<T> => {
    const caller = requireCaller(metadata, 'tune');
    const old = state();
    const tell = (result: string, more: Facts = {}): void => {
      const { before, after } = difference(old, state());
      audit.carriedOut({ what, caller, request, before, after: { ...after, ...more }, result });
    };
    try {
      const answer = await work();
      tell('done', told(answer));
      return answer;
    } catch (error) {
      tell(formatError(error));
      throw error;
    }
  };

  return {
    SetMode: change((request, metadata) =>
      audited({ what: 'SetMode', metadata, request: { mode: request.mode } }, async () => {
        await port.setMode(readMode(request));
        return tuner();
      }),
    ),
    Pause: change((_request, metadata) =>
      audited({ what: 'Pause', metadata, request: {} }, () => {
        port.pause();
        return tuner();
      }),
    ),
    Resume: change((_request, metadata) =>
      audited({ what: 'Resume', metadata, request: {} }, () => {
        port.resume();
        return tuner();
      }),
    ),
    Restore: change(async (_request, metadata) =>
      encodeRestoreReport(await audited({ what: 'Restore', metadata, request: {} }, () => port.restore(), knobsOf)),
    ),
    UpdateSettings: change((request, metadata) =>
      audited({ what: 'UpdateSettings', metadata, request: { ...request.tuner } }, () => {
        port.updateSettings(readTunerSettings(request));
        return encodeSettings(port);
      }),
    ),
  };
}

function knobsOf({ restored, left, failed }: RestoreReport): Facts {
  return {
    restored: restored.map(({ knob, from, to }) => `${knob} ${from} -> ${to}`),
    ...(left.length === 0 ? {} : { left }),
    ...(failed === undefined || failed.length === 0 ? {} : { failed }),
  };
}
