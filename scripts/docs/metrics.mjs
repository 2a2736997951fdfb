// @ts-check
/** docs/metrics.md, from the catalogue of metrics (web/gateway/metrics/catalogue.ts). */

/**
 * @typedef {object} Metric
 * @property {string} name
 * @property {string} type
 * @property {string} help
 * @property {readonly string[]} labels
 */

const BEFORE = `# Metrics

<!-- Written by scripts/docs.mjs from web/gateway/metrics/catalogue.ts; npm run docs writes it anew. -->

\`GET /metrics\` on the port of the page (127.0.0.1:8576) tells Prometheus what the agents behind that page know: the text
format 0.0.4, or OpenMetrics 1.0.0 for who asks for it by \`Accept\`, with the same series; gzip for who takes it. Ready to
use beside it: a scrape configuration, recording rules and alerts in
[deploy/prometheus/](../deploy/prometheus/prometheus.yml) (what each alert wants of you: [alerts.md](alerts.md)) and a
Grafana dashboard, [deploy/grafana/ksmpilot.json](../deploy/grafana/ksmpilot.json).

## Scraping it

\`\`\`yaml
scrape_configs:
  - job_name: ksmpilot
    params:
      guests: [named]
    static_configs:
      - targets: ['127.0.0.1:8576']
\`\`\`

- Agents are asked at most once a second, however many scrape. An agent that does not answer within three seconds is told as
  \`ksmpilot_up 0\`, and all else of it is absent.
- One page for several agents (\`ksmpilot web --agent hv-1=... --agent hv-2=...\`) gives every series the label \`host\`, the
  name of the agent. A page of one agent has no such label: there \`instance\` says which host it is.
- The page serves loopback addresses unless it is told otherwise. On others it speaks HTTPS, by the names of its certificate,
  and asks for a token: give Prometheus \`scheme: https\`, \`tls_config\` and, as \`authorization\`, a token with the role view
  ([security.md](security.md)). 401 in Prometheus' list of targets: the token; 403: the name in the address.
- \`?guests=\`: \`1\` (default) tells every guest, \`named\` leaves out lone processes, \`0\` leaves out all. Sums over guests are
  told in each case.

## Reading them

- Units are base units: bytes, seconds, ratios from 0 to 1, cores. The rate of a counter of CPU seconds is in cores too.
- What is not known has no series. 0 means 0.
- Counters count from the start of the agent unless their help says otherwise; \`rate()\` and \`increase()\` handle a restart.
- The part of \`ksmpilot_cow_breaks_total\` that nobody was charged with is that less
  \`sum without (writer) (ksmpilot_cow_breaks_attributed_total)\` and, where there are windows,
  \`ksmpilot_cow_breaks_estimated_total\`. It is no counter: it can fall.
- Histograms have buckets of powers of two and no \`_sum\`, as the probes count bars and not times; OpenMetrics then wants no
  \`_count\` either. The count is the bucket \`le="+Inf"\`. Use \`histogram_quantile()\`, and read it to a factor of two.
- A mode, a phase or a probe's state is one series for each that there is, 1 for the present one.

## Guests and cardinality

The label \`guest\` is the guest's identity: the same after a restart, never that of another. Figures have that label alone.
Kind, name and id are in \`ksmpilot_guest_info\`, so that a renamed guest ends one series and not twelve; join them where people
read:

\`\`\`
topk(5, ksmpilot_guest_saved_bytes) * on (job, instance, host, guest) group_left (kind, name) ksmpilot_guest_info
\`\`\`

A guest has up to 13 series, 12 of them on most hosts. Measured with 1,000 guests on a virtual machine with two cores:
12,129 series, 1.2 MB (335 kB compressed). A whole scrape, agent and page together, takes 41 ms of CPU: 0.3 % of a core every
15 seconds; 16 ms of that are the text, and compressing it takes another 11 ms. With 100 guests 1,329 series, 137 kB (20 kB),
15 ms. One agent has at most 4,000 guests with series of their own; the rest is counted in
\`ksmpilot_guests_left_out\`. Lone processes have their pid in their identity, so each new one makes new series: that is what
\`guests=named\` is for. Names are what guests call themselves; do not let an alert rest on one.

## All of them
`;

/**
 * @param {readonly { readonly title: string, readonly families: readonly Metric[] }[]} sections
 * @returns {string} the whole file
 */
export function metricsMarkdown(sections) {
  const tables = sections.flatMap(({ title, families }) => [
    '',
    `### ${title}`,
    '',
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...families.map(({ name, type, labels, help }) => {
      const named = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${type} | ${named} | ${help.replaceAll('|', '\\|')} |`;
    }),
  ]);
  return `${BEFORE}${tables.join('\n')}\n`;
}
