import { expect, it } from 'vitest';
import { CertificateFiles } from '../../src/agent/auth/certificate-files.js';
import { RecordingLog } from '../helpers/agent-port.js';
import { TestAuthority } from '../helpers/certificates.js';
import { startFakePage } from '../helpers/fake-page.js';
import { PrometheusServer, until } from '../helpers/prometheus-server.js';
import { toolsFor, usePrometheus } from '../helpers/prometheus.js';

usePrometheus();

interface Target {
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
}

it('scrapes a page that asks for a token, over HTTPS and by name; without the token it is told nothing', async (context) => {
  const { prometheus } = await toolsFor(context);
  using authority = new TestAuthority();
  const paths = authority.issue({ commonName: 'page', names: ['DNS:localhost'] });
  const certificate = new CertificateFiles({ paths, log: new RecordingLog() });
  const page = await startFakePage({ token: 'secret' }, { certificate });
  const server = new PrometheusServer(prometheus);
  try {
    const job = (job_name: string, more: object): object => ({
      job_name,
      scheme: 'https',
      tls_config: { ca_file: authority.certificate },
      static_configs: [{ targets: [`localhost:${page.port}`] }],
      ...more,
    });
    await server.start({
      global: { scrape_interval: '1s' },
      scrape_configs: [
        job('bearing', { authorization: { credentials: 'secret' } }),
        job('wrong', { authorization: { credentials: 'guessed' } }),
        job('nobody', {}),
      ],
    });
    const health = await until('each to be scraped', async () => {
      const { data } = (await server.get('/api/v1/targets?state=active')) as { data: { activeTargets: Target[] } };
      const told = data.activeTargets.map((one) => [one.scrapePool, one.health, one.lastError]);
      return told.length === 3 && told.every(([, state]) => state !== 'unknown') ? told.sort() : undefined;
    });
    const refused = 'server returned HTTP status 401 Unauthorized';
    expect(health).toEqual([
      ['bearing', 'up', ''],
      ['nobody', 'down', refused],
      ['wrong', 'down', refused],
    ]);
    const up = await server.query('ksmpilot_up');
    expect(up.map(({ metric, value }) => [metric['job'], value])).toEqual([['bearing', 1]]);
  } finally {
    await server.stop();
    await page.stop();
  }
});
