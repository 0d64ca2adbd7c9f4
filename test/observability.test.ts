import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { z } from 'zod';
import { ServiceProcess } from './support/service-process.js';

const DASHBOARD = 'deploy/observability/dashboard.json';
const NAME = /\b(?:agent_runtime|nodejs|process)_[a-z0-9_]+/g;

const dashboardSchema = z.object({
  panels: z.array(
    z.object({
      type: z.string(),
      title: z.string().min(1),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]),
    }),
  ),
});
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      profiles: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
    }),
  ),
});

describe('the dashboard', () => {
  let panels: z.output<typeof dashboardSchema>['panels'];
  /** As `/metrics` names them: a histogram by its three series. */
  let series: ReadonlySet<string>;

  before(async function () {
    this.timeout(60_000);
    ({ panels } = dashboardSchema.parse(JSON.parse(await readFile(DASHBOARD, 'utf8'))));
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    const service = await ServiceProcess.start(folder, { MOCK_DELAY_MS: '0' });
    const { text } = await service.get('/metrics');
    await service.kill();
    await rm(folder, { recursive: true });
    const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    series = new Set(families.flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`] : [name])));
  });

  const asked = () => new Set(panels.flatMap(({ targets }) => targets).flatMap(({ expr }) => expr.match(NAME) ?? []));

  it('asks for nothing that the service does not tell', () => {
    expect([...asked()].filter((name) => !series.has(name))).to.deep.equal([]);
  });

  it('shows everything that the service tells of itself', () => {
    const own = [...series].filter((name) => name.startsWith('agent_runtime_'));
    const labels = new Set([...asked()]);
    expect(own.length).to.be.greaterThan(15);
    expect(own.filter((name) => !labels.has(name))).to.deep.equal([]);
  });

  it('has a place of its own for every panel', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).to.equal(cells.length);
  });
});

describe('the profile "observability"', () => {
  it('starts Prometheus and Grafana, of a version that is named, with files that are there', async () => {
    const { services } = composeSchema.parse(parse(await readFile('docker-compose.yml', 'utf8')));
    const started = Object.entries(services).filter(([, { profiles }]) => profiles.includes('observability'));
    expect(started.map(([name]) => name)).to.deep.equal(['prometheus', 'grafana']);
    for (const [name, { image, volumes }] of started) {
      expect(image, name).to.match(/:v?\d+\.\d+\.\d+$/);
      for (const volume of volumes) expect(existsSync(volume.split(':', 1).join('')), volume).to.equal(true);
    }
  });

  it('scrapes the service where it listens', async () => {
    const { scrape_configs } = parse(await readFile('deploy/observability/prometheus.yml', 'utf8'));
    expect(scrape_configs[0].static_configs).to.deep.equal([{ targets: ['agent-runtime:8001'] }]);
  });
});
