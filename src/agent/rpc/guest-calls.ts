import type { handleUnaryCall, Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { KsmpilotHandlers } from '../../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import { actorOf } from './audit.js';
import { requireCaller } from './caller.js';
import { encodeMap, encodeMerge, encodePolicy, encodeWhatIf, encodeWhy } from './encode-guest-answer.js';
import { readGuest, readMergeGoal, readWhatIf } from './guest-requests.js';
import type { AgentPort } from './port.js';

/** Makes a handler of some work: for calls that read, and for those that change the host. */
export type Wrap = <Request, Answer>(
  work: (request: Request, metadata: Metadata, call: ServerUnaryCall<Request, Answer>) => Promise<Answer>,
) => handleUnaryCall<Request, Answer>;

type GuestHandlers = Pick<KsmpilotHandlers, 'WhyGuest' | 'MapGuest' | 'GetGuestPolicy' | 'WhatIf' | 'SetGuestMerge'>;

/** Calls about one guest, and replays: work of seconds, which ends when its caller leaves. */
export function guestHandlers(
  port: Pick<AgentPort, 'guestCalls' | 'settings'>,
  { read, change }: { readonly read: Wrap; readonly change: Wrap },
): GuestHandlers {
  const { guestCalls } = port;
  return {
    WhyGuest: read(async (request, _metadata, call) =>
      encodeWhy(await guestCalls.why(readGuest(request), leaving(call))),
    ),
    MapGuest: read(async (request, _metadata, call) =>
      encodeMap(await guestCalls.map(readGuest(request), leaving(call))),
    ),
    GetGuestPolicy: read(() => Promise.resolve(encodePolicy(guestCalls.policy()))),
    WhatIf: read(async (request, _metadata, call) =>
      encodeWhatIf(await guestCalls.whatIf(readWhatIf(request, port.settings()), leaving(call))),
    ),
    SetGuestMerge: change(async (request, metadata, call) => {
      const goal = readMergeGoal(request);
      const guest = readGuest(request);
      const by = actorOf(requireCaller(metadata, 'tune'));
      return encodeMerge(await guestCalls.merge({ guest, goal, dryRun: request.dry_run, by }, leaving(call)));
    }),
  };
}

/** Aborted when the caller cancels, goes away, or has waited as long as its deadline says. */
export function leaving(call: Pick<ServerUnaryCall<unknown, unknown>, 'cancelled' | 'on'>): AbortSignal {
  const left = new AbortController();
  const leave = (): void => left.abort(new Error('the caller left'));
  if (call.cancelled) leave();
  else call.on('cancelled', leave);
  return left.signal;
}
