import type { KsmpilotHandlers } from '../../../proto/generated/ksmpilot/v1/Ksmpilot.js';
import { encodeEventList, encodeHistory } from './encode-past.js';
import { leaving, type Wrap } from './guest-calls.js';
import { readEventQuery, readHistoryQuery } from './past-requests.js';
import type { AgentPort } from './port.js';

/** Calls about the past; whoever may read the present may read it. */
export function pastHandlers(
  port: Pick<AgentPort, 'past'>,
  { read }: { readonly read: Wrap },
): Pick<KsmpilotHandlers, 'GetHistory' | 'ListEvents'> {
  return {
    GetHistory: read(async (request, _metadata, call) =>
      encodeHistory(await port.past.history(readHistoryQuery(request), leaving(call))),
    ),
    ListEvents: read(async (request, _metadata, call) =>
      encodeEventList(await port.past.events(readEventQuery(request), leaving(call))),
    ),
  };
}
