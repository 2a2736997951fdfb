import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../../../../web/gateway/metrics/catalogue.js';
import { expose } from '../../../../../../web/gateway/metrics/exposition.js';
import type { AgentReading } from '../../../../../../web/gateway/metrics/reading.js';

const NOTHING: AgentReading = { status: undefined, host: undefined, tuner: undefined, guests: undefined };

/** Every figure another prime, so that one in the wrong place is seen. */
const READING = {
  status: {
    mode: 'MODE_ADVISE',
    paused: true,
    baseline: null,
    probes: [{ name: 'cow', state: 'backoff', detail: '', startup_ms: 701, restarts: 3 }],
    decision: { phase: 'track' },
    sample: {
      time_ms: 1_700_000_000_500,
      saved_bytes: 101,
      profit_bytes: -103,
      shared_bytes: 107,
      sharing_bytes: 109,
      unshared_bytes: 113,
      volatile_bytes: 127,
      zero_bytes: 131,
      unmerge_needed_bytes: 137,
      unmerge_usable_bytes: 139,
      mem_available_bytes: 149,
      cpu_pressure_pct: 25,
      memory_pressure_pct: 50,
      net_cores: -0.5,
      ksmd_cpu_sec_total: 15.1,
      pages_scanned_total: 157,
      pages_skipped_total: 163,
      full_scans_total: 167,
      merges_total: 173,
      cow_breaks_total: 179,
      cow_breaks_estimated_total: 181,
      zero_breaks_total: 191,
      lost_events_total: 193,
      lifetime_sampled_one_in: 4,
      merge_lifetime: [
        { lower_ms: 1, upper_ms: 2, count: 197 },
        { lower_ms: 2 ** 30, count: 2 },
      ],
      knobs: {
        run: 1,
        pages_to_scan: 199,
        sleep_millisecs: 211,
        smart_scan: 1,
        use_zero_pages: 0,
        merge_across_nodes: 1,
        max_page_sharing: 223,
        advisor_mode: 'scan-time',
      },
      cow: {
        tier: 'tracepoint',
        by_user: 227,
        by_kernel: 229,
        by_guest: 233,
        by_unmerge: 239,
        duty: { open: true, windows: 241, coverage: 0.25, cost_cores: 0.125, next_in_sec: 7 },
        service_time: { by: 'minor-fault', buckets: [{ lower_ns: 512, upper_ns: 1024, count: 251 }] },
      },
    },
  },
  host: {
    hostname: 'hv',
    kernel_release: '6.18.0',
    machine: 'x86_64',
    cpus: 257,
    mem_total_bytes: 263,
    ksmpilot_version: '9.9.9',
    agent_started_ms: 1_600_000_000_250,
    problems: [{ code: 'KSM_STOPPED' }, { code: 'PROBE_UNSUPPORTED' }, { code: 'PROBE_UNSUPPORTED' }],
    rivals: ['ksmtuned (pid 7)'],
    probes: [],
  },
  tuner: {
    baseline: { run: 0 },
    settings: { gib_per_core: 2 ** -30, max_cpu_pct: 50 },
    phases: [
      { phase: 'track', decisions: 269, written: 271 },
      { phase: 'hold', decisions: 277, written: 281 },
    ],
    expectations_held: 283,
    expectations_missed: 293,
  },
  guests: {
    time_ms: 1,
    pending: 307,
    guests: [
      {
        kind: 'libvirt',
        name: 'web',
        id: 'u',
        identity: 'libvirt/u',
        merge: 'mixed',
        mergeable_bytes: 311,
        saved_bytes: 313,
        zero_bytes: 317,
        rmap_item_bytes: 331,
        merges_total: 337,
        cow_breaks_total: 347,
        cow_breaks_seen: 349,
        zero_breaks_total: 353,
        ksmd_cores: 0.25,
        worth_per_hour: -0.75,
        merge_lifetime_p50_s: 3.59,
      },
      { kind: 'qemu', name: 'dark', id: 'd', identity: 'qemu/d' },
    ],
    rest: { saved_bytes: 367, zero_bytes: 373, rmap_item_bytes: 379, ksmd_cores: 0.5, worth_per_hour: -0.25 },
  },
} as unknown as AgentReading;

function series(reading: AgentReading): string[] {
  const text = expose({ families: FAMILIES, hosts: [{ host: undefined, reading }], guests: 'all', format: 'text' });
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('what an agent answers', () => {
  it('lands where it belongs, in base units', () => {
    const all = series(READING);
    const bars = /_bucket\{.*\} (?:0|197|251)$/;
    expect(all.filter((line) => !bars.test(line))).toEqual([
      'ksmpilot_up 1',
      'ksmpilot_agent_read_success{call="status"} 1',
      'ksmpilot_agent_read_success{call="host"} 1',
      'ksmpilot_agent_read_success{call="tuner"} 1',
      'ksmpilot_agent_read_success{call="guests"} 1',
      'ksmpilot_build_info{version="9.9.9",bpftrace=""} 1',
      'ksmpilot_host_info{hostname="hv",kernel="6.18.0",machine="x86_64"} 1',
      'ksmpilot_agent_start_time_seconds 1600000000.25',
      'ksmpilot_sample_timestamp_seconds 1700000000.5',
      'ksmpilot_problems 3',
      'ksmpilot_problem{code="KSM_STOPPED"} 1',
      'ksmpilot_problem{code="PROBE_UNSUPPORTED"} 1',
      'ksmpilot_rivals 1',
      ...['off', 'starting', 'running', 'backoff', 'failed', 'unavailable'].map(
        (state) => `ksmpilot_probe_state{probe="cow",state="${state}"} ${state === 'backoff' ? 1 : 0}`,
      ),
      'ksmpilot_probe_restarts_total{probe="cow"} 3',
      'ksmpilot_probe_startup_seconds{probe="cow"} 0.701',
      'ksmpilot_lost_events_total 193',
      'ksmpilot_saved_bytes 101',
      'ksmpilot_profit_bytes -103',
      'ksmpilot_shared_bytes 107',
      'ksmpilot_sharing_bytes 109',
      'ksmpilot_unshared_bytes 113',
      'ksmpilot_volatile_bytes 127',
      'ksmpilot_zero_bytes 131',
      'ksmpilot_mergeable_bytes 311',
      'ksmpilot_unmerge_needed_bytes 137',
      'ksmpilot_unmerge_usable_bytes 139',
      'ksmpilot_mem_total_bytes 263',
      'ksmpilot_mem_available_bytes 149',
      'ksmpilot_cpus 257',
      'ksmpilot_cpu_pressure_ratio 0.25',
      'ksmpilot_memory_pressure_ratio 0.5',
      'ksmpilot_net_cores -0.5',
      'ksmpilot_worth_cores 101',
      'ksmpilot_price_bytes 1',
      'ksmpilot_ksmd_cpu_seconds_total 15.1',
      'ksmpilot_pages_scanned_total 157',
      'ksmpilot_pages_skipped_total 163',
      'ksmpilot_full_scans_total 167',
      'ksmpilot_merges_total 173',
      // 2^30 ms, without an upper end, is above every bound.
      'ksmpilot_merge_lifetime_seconds_bucket{le="+Inf"} 199',
      'ksmpilot_merge_lifetime_sampled_ratio 0.25',
      'ksmpilot_knob_run 1',
      'ksmpilot_knob_pages_to_scan 199',
      'ksmpilot_knob_sleep_seconds 0.211',
      'ksmpilot_knob_smart_scan 1',
      'ksmpilot_knob_use_zero_pages 0',
      'ksmpilot_knob_merge_across_nodes 1',
      'ksmpilot_knob_max_page_sharing 223',
      'ksmpilot_knob_advisor{advisor="scan-time"} 1',
      'ksmpilot_cow_breaks_total 179',
      'ksmpilot_cow_breaks_attributed_total{writer="user"} 227',
      'ksmpilot_cow_breaks_attributed_total{writer="kernel"} 229',
      'ksmpilot_cow_breaks_attributed_total{writer="guest"} 233',
      'ksmpilot_cow_breaks_attributed_total{writer="unmerge"} 239',
      'ksmpilot_cow_breaks_estimated_total 181',
      'ksmpilot_zero_breaks_total 191',
      'ksmpilot_cow_probe_tier{tier="tracepoint"} 1',
      'ksmpilot_cow_window_open 1',
      'ksmpilot_cow_windows_total 241',
      'ksmpilot_cow_window_coverage_ratio 0.25',
      'ksmpilot_cow_window_cost_cores 0.125',
      'ksmpilot_tuner_mode{mode="observe"} 0',
      'ksmpilot_tuner_mode{mode="advise"} 1',
      'ksmpilot_tuner_mode{mode="auto"} 0',
      'ksmpilot_tuner_paused 1',
      'ksmpilot_tuner_phase{phase="track"} 1',
      'ksmpilot_tuner_phase{phase="hold"} 0',
      'ksmpilot_tuner_decisions_total{phase="track"} 269',
      'ksmpilot_tuner_decisions_total{phase="hold"} 277',
      'ksmpilot_tuner_decisions_written_total{phase="track"} 271',
      'ksmpilot_tuner_decisions_written_total{phase="hold"} 281',
      'ksmpilot_tuner_expectations_total{outcome="held"} 283',
      'ksmpilot_tuner_expectations_total{outcome="missed"} 293',
      'ksmpilot_tuner_knobs_moved 1',
      'ksmpilot_tuner_max_cpu_cores 0.5',
      'ksmpilot_guests{kind="libvirt"} 1',
      'ksmpilot_guests{kind="qemu"} 1',
      'ksmpilot_guests_pending 307',
      'ksmpilot_guests_left_out 0',
      'ksmpilot_guest_info{guest="libvirt/u",kind="libvirt",name="web",id="u"} 1',
      'ksmpilot_guest_info{guest="qemu/d",kind="qemu",name="dark",id="d"} 1',
      'ksmpilot_guest_merge{guest="libvirt/u",merge="mixed"} 1',
      'ksmpilot_guest_mergeable_bytes{guest="libvirt/u"} 311',
      'ksmpilot_guest_saved_bytes{guest="libvirt/u"} 313',
      'ksmpilot_guest_zero_bytes{guest="libvirt/u"} 317',
      'ksmpilot_guest_rmap_item_bytes{guest="libvirt/u"} 331',
      'ksmpilot_guest_ksmd_cores{guest="libvirt/u"} 0.25',
      'ksmpilot_guest_net_cores{guest="libvirt/u"} -0.75',
      'ksmpilot_guest_merge_lifetime_median_seconds{guest="libvirt/u"} 3.59',
      'ksmpilot_guest_merges_total{guest="libvirt/u"} 337',
      'ksmpilot_guest_cow_breaks_total{guest="libvirt/u"} 347',
      'ksmpilot_guest_cow_breaks_seen_total{guest="libvirt/u"} 349',
      'ksmpilot_guest_zero_breaks_total{guest="libvirt/u"} 353',
      'ksmpilot_rest_saved_bytes 367',
      'ksmpilot_rest_zero_bytes 373',
      'ksmpilot_rest_rmap_item_bytes 379',
      'ksmpilot_rest_ksmd_cores 0.5',
      'ksmpilot_rest_net_cores -0.25',
    ]);
    expect(all.filter((line) => line.endsWith(' 197'))).toHaveLength(24);
    expect(all).toContain('ksmpilot_merge_lifetime_seconds_bucket{le="0.001"} 0');
    expect(all).toContain('ksmpilot_cow_break_service_time_seconds_bucket{by="minor-fault",le="5.12e-07"} 0');
    expect(all).toContain('ksmpilot_cow_break_service_time_seconds_bucket{by="minor-fault",le="1.024e-06"} 251');
  });

  it('is absent where it is not known, and never 0', () => {
    expect(series(NOTHING)).toEqual([
      'ksmpilot_up 0',
      ...['status', 'host', 'tuner', 'guests'].map((call) => `ksmpilot_agent_read_success{call="${call}"} 0`),
    ]);
    const young = { status: { mode: 'MODE_OBSERVE', paused: false, probes: [], sample: null } };
    expect(
      series({ ...NOTHING, ...young } as unknown as AgentReading).filter((line) => !/read_success/.test(line)),
    ).toEqual([
      'ksmpilot_up 1',
      'ksmpilot_tuner_mode{mode="observe"} 1',
      'ksmpilot_tuner_mode{mode="advise"} 0',
      'ksmpilot_tuner_mode{mode="auto"} 0',
      'ksmpilot_tuner_paused 0',
    ]);
  });
});
