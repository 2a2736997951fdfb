/** Model -> protobuf messages: the side-channel watch. Pure. */

import type { SideChannel } from '../../../proto/generated/ksmpilot/v1/SideChannel.js';
import type { SideChannelReport } from '../model/side-channel.js';

export function encodeSideChannel(report: SideChannelReport): SideChannel {
  return {
    state: report.state,
    detail: report.detail,
    threshold: report.threshold,
    one_in: report.oneIn,
    found_from: report.foundFrom,
    pages: report.pages,
    missed: report.missed,
    slowest_sec: report.slowestSec,
    suspects: report.suspects.map(({ key, name, score, suspicious, sinceMs, text, evidence }) => ({
      key,
      name,
      score,
      suspicious,
      since_ms: sinceMs,
      text,
      returning_pages: evidence.returningPages,
      returns: evidence.returns,
      sweep_share: evidence.sweepShare,
      period_sec: evidence.periodSec,
      other_pages: evidence.otherPages,
      accidents: evidence.accidents,
    })),
  };
}
