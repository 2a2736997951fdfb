import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { EventFrame } from '../../../proto/generated/ksmpilot/v1/EventFrame.js';
import type { KsmpilotHandlers } from '../../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import type { SampleFrame } from '../../../proto/generated/ksmpilot/v1/SampleFrame.js';
import type { StreamEventsRequest__Output } from '../../../proto/generated/ksmpilot/v1/StreamEventsRequest.js';
import type { StreamSamplesRequest__Output } from '../../../proto/generated/ksmpilot/v1/StreamSamplesRequest.js';
import type { Point } from '../model/derived.js';
import type { AgentEvent } from '../model/event.js';
import type { AuditPort } from './audit.js';
import { requireCaller } from './caller.js';
import { controlHandlers } from './control-calls.js';
import { encodeEventKind, encodeEvents } from './encode-event.js';
import { encodeGuestList } from './encode-guest.js';
import { encodeHost, encodeProcessList, encodeSample } from './encode.js';
import { encodeSettings, encodeStatus, encodeTuner } from './encode-tuner.js';
import { guestHandlers } from './guest-calls.js';
import { pastHandlers } from './past-calls.js';
import type { AgentPort, LogPort } from './port.js';
import { readDecisions, readKinds, readLookBackMs, readMaxBatch } from './requests.js';
import { toCatalogued, toServiceError } from './status.js';
import type { StreamSet, StreamSource } from './stream.js';

/** Samples that may wait for a slow reader: two minutes at one a second, what a suspended browser tab may miss. */
const SAMPLE_QUEUE = 120;
/** Events that may wait: a boot storm brings hundreds in a second. */
const EVENT_QUEUE = 1024;

export interface ServiceOptions {
  readonly port: AgentPort;
  readonly audit: AuditPort;
  readonly streams: StreamSet;
  readonly log: LogPort;
  /** Wall clock in milliseconds, for look-backs. */
  readonly now: () => number;
}

/** ksmpilot.v1.Ksmpilot on an agent. Every failure is a status with `ksmpilot-code`; none ends the agent. */
export function createHandlers({ port, audit, streams, log, now }: ServiceOptions): KsmpilotHandlers {
  const refuse = (path: string, error: unknown): ReturnType<typeof toServiceError> => {
    const known = toCatalogued(error);
    if (known.code === 'INTERNAL') log.error('a call failed on a defect', { path, error: describe(error) });
    return toServiceError(known);
  };

  const read =
    <Request, Answer>(
      work: (request: Request, metadata: Metadata, call: ServerUnaryCall<Request, Answer>) => Answer | Promise<Answer>,
    ): handleUnaryCall<Request, Answer> =>
    (call: ServerUnaryCall<Request, Answer>, callback: sendUnaryData<Answer>): void => {
      // An async function also turns what `work` throws at once into a rejection.
      const answer = async (): Promise<Answer> => work(call.request, call.metadata, call);
      answer().then(
        (value) => callback(null, value),
        (error: unknown) => callback(refuse(call.getPath(), error)),
      );
    };

  const change = <Request, Answer>(
    work: (request: Request, metadata: Metadata, call: ServerUnaryCall<Request, Answer>) => Answer | Promise<Answer>,
  ): handleUnaryCall<Request, Answer> =>
    read<Request, Answer>((request, metadata, call) => {
      requireCaller(metadata, 'tune');
      return work(request, metadata, call);
    });

  const stream =
    <Request, Item, Frame>(
      open: (request: Request) => StreamSource<Item, Frame>,
    ): handleServerStreamingCall<Request, Frame> =>
    (call: ServerWritableStream<Request, Frame>): void => {
      try {
        streams.serve(call, open(call.request));
      } catch (error) {
        call.emit('error', refuse(call.getPath(), error));
      }
    };

  return {
    GetHost: read(() => encodeHost(port.host())),
    GetStatus: read(() => encodeStatus(port)),
    ListProcesses: read(() => encodeProcessList(port.latest())),
    ListGuests: read(() => encodeGuestList(port.guests(), port.sideChannel())),
    GetSettings: read(() => encodeSettings(port)),
    GetTuner: read((request) => encodeTuner(port, readDecisions(request))),

    StreamSamples: stream<StreamSamplesRequest__Output, Point, SampleFrame>((request) => {
      const lookBackMs = readLookBackMs(request);
      return {
        history: () => (lookBackMs === 0 ? [] : port.pointsSince(now() - lookBackMs)),
        subscribe: (listener) => port.onPoint(listener),
        seq: (point) => point.sample.seq,
        encode: ([point], dropped) => encodeSample(point, { dropped, withProcesses: request.with_processes }),
        capacity: SAMPLE_QUEUE,
      };
    }),
    StreamEvents: stream<StreamEventsRequest__Output, AgentEvent, EventFrame>((request) => {
      const lookBackMs = readLookBackMs(request);
      const kinds = readKinds(request);
      const wanted = (event: AgentEvent): boolean => {
        const kind = encodeEventKind(event.kind);
        return kinds === undefined || kinds.has(kind);
      };
      return {
        history: () => (lookBackMs === 0 ? [] : port.eventsSince(now() - lookBackMs).filter(wanted)),
        subscribe: (listener) =>
          port.onEvent((event) => {
            if (wanted(event)) listener(event);
          }),
        seq: (event) => event.seq,
        encode: encodeEvents,
        batch: readMaxBatch(request),
        capacity: EVENT_QUEUE,
      };
    }),

    ...guestHandlers(port, { read, change }),
    ...pastHandlers(port, { read }),

    WhoAmI: read((_request, metadata) => {
      const { identity } = requireCaller(metadata, 'view');
      return { role: identity.role === 'tune' ? 'ROLE_TUNE' : 'ROLE_VIEW', name: identity.name };
    }),

    ...controlHandlers(port, { change, audit }),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
