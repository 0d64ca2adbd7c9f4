import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../src/infrastructure/config/config.js';
import { ownSettings } from '../src/infrastructure/config/own-settings.js';
import { llmProviders } from '../src/infrastructure/container/llm-providers.js';
import { storeKinds } from '../src/infrastructure/container/store-kinds.js';

const root = new URL('../../', import.meta.url);

/** After the grace, answers have this long to reach their readers. */
const ENDINGS_S = 5;
const HEARTBEAT_S = 15;

const { SHUTDOWN_GRACE_S, PORT, BODY_LIMIT } = ownSettings({
  modes: ['mock'],
  schemes: ['memory'],
  production: false,
}).parse({});

describe('the compose file of a fleet', () => {
  const { services } = composeSchema().parse(parse(text('deploy/fleet/compose.yaml')));

  it('has two replicas that differ in nothing, on a store that both reach', () => {
    expect(services['replica-1']).to.deep.equal(services['replica-2']);
    expect(services['replica-1'].environment).to.include({ AGENT_RUNTIME__STORE_URL: 'redis://redis:6379' });
  });

  it('waits for open streams when a replica is stopped', () => {
    const { stop_grace_period } = services['replica-1'];
    expect(Number.parseInt(stop_grace_period, 10)).to.be.at.least(SHUTDOWN_GRACE_S + ENDINGS_S);
  });

  it('has a Redis that keeps what it is told, on a volume', () => {
    const command = services.redis.command.join(' ');
    expect(command).to.contain('--appendonly yes').and.contain('--maxmemory-policy noeviction');
    expect(services.redis.volumes).to.deep.equal(['redis:/data']);
  });

  it('lets clients reach the balancer alone', () => {
    expect(services.balancer.ports).to.deep.equal([`${PORT}:${PORT}`]);
    expect(services.balancer.volumes).to.deep.equal(['./nginx.conf:/etc/nginx/nginx.conf:ro']);
    expect(services['replica-1']).not.to.have.property('ports');
  });
});

describe("nginx's configuration", () => {
  const directives = directivesIn(text('deploy/fleet/nginx.conf'));

  it('passes each token on at once, for as long as a stream has a heartbeat', () => {
    expect(directives.get('proxy_buffering')).to.deep.equal(['off']);
    expect(directives.get('proxy_http_version')).to.deep.equal(['1.1']);
    expect(Number.parseInt(directives.get('proxy_read_timeout')?.[0] ?? '', 10)).to.be.above(2 * HEARTBEAT_S);
  });

  it('names both replicas, takes none for dead, and looks their names up again', () => {
    const rest = 'resolve max_fails=0';
    expect(directives.get('server')).to.deep.equal([`replica-1:${PORT} ${rest}`, `replica-2:${PORT} ${rest}`]);
    expect(directives.get('zone')).to.have.length(1);
    expect(directives.get('resolver')?.[0]).to.match(/^127\.0\.0\.11 valid=\d+s/);
  });

  it('sends a message to the next replica only with a key, which makes one run of it', () => {
    expect(directives.get('proxy_next_upstream')).to.deep.equal(['error timeout http_503 non_idempotent']);
    expect(directives.get('proxy_set_header')).to.include('Idempotency-Key $idempotency_key');
    expect(text('deploy/fleet/nginx.conf')).to.match(
      /map \$http_idempotency_key \$idempotency_key \{\s+"" +\$request_id;\s+default \$http_idempotency_key;/,
    );
  });

  it('leaves the size of a message to the service', () => {
    const [size = ''] = directives.get('client_max_body_size') ?? [];
    expect(Number.parseInt(size, 10) * 1024 * 1024).to.be.above(BODY_LIMIT);
  });
});

describe('the Kubernetes manifest', () => {
  const documents = parseAllDocuments(text('deploy/kubernetes/agent-runtime.yaml')).map((document) => document.toJS());
  const deployment = deploymentSchema().parse(documents.find(({ kind }) => kind === 'Deployment'));
  const { terminationGracePeriodSeconds, containers } = deployment.spec.template.spec;
  const [container] = containers;

  it('gives a replica the time that it takes to stop', () => {
    const grace = Number(container.env.find(({ name }) => name.endsWith('SHUTDOWN_GRACE_S'))?.value);
    expect(grace).to.equal(SHUTDOWN_GRACE_S);
    const needed = container.lifecycle.preStop.sleep.seconds + grace + ENDINGS_S;
    expect(terminationGracePeriodSeconds).to.be.above(needed);
  });

  it('restarts for the process alone, and sends requests where the store is reached too', () => {
    expect(container.livenessProbe.httpGet.path).to.equal('/health');
    expect(container.readinessProbe.httpGet.path).to.equal('/health/ready');
  });

  it('runs under the restricted profile, as the user of the image', () => {
    const pod = deployment.spec.template.spec;
    expect(pod.securityContext).to.deep.equal({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(text('Dockerfile')).to.match(/^USER 1000:1000$/m);
  });

  it('spreads its replicas over machines and zones, and lets one go at a time', () => {
    const keys = deployment.spec.template.spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
    expect(keys).to.deep.equal(['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
    const budget = documents.find(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budget?.spec).to.deep.equal({ maxUnavailable: 1, selector: { matchLabels: { app: 'agent-runtime' } } });
  });

  it('sets what a start in production needs, and takes secrets from a Secret', () => {
    const settings = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? 'word']));
    expect(settings).to.include({ NODE_ENV: 'production' });
    const environment = { ...settings, AGENT_RUNTIME__STORE_URL: 'redis://redis' };
    const options = { providers: llmProviders, stores: storeKinds, dotenvPath: 'there-is-no.env' };
    const config = loadConfig(options, environment);
    expect(config).to.include({ production: true, llmMode: 'openai', usesDefaultKey: false });
    expect(config.unknownVariables).to.deep.equal([]);
    const secret = container.env.filter(({ valueFrom }) => valueFrom?.secretKeyRef.name === 'agent-runtime');
    expect(secret.map(({ name }) => name)).to.have.members([
      'AGENT_RUNTIME__INTERNAL_API_KEY',
      'AGENT_RUNTIME__OPENAI_API_KEY',
      'AGENT_RUNTIME__STORE_URL',
    ]);
    expect(container.resources).to.have.all.keys('requests', 'limits');
  });

  it('starts a new replica before an old one goes', () => {
    expect(deployment.spec.strategy.rollingUpdate).to.deep.equal({ maxUnavailable: 0, maxSurge: 1 });
  });
});

function composeSchema() {
  const replica = z.looseObject({ environment: z.record(z.string(), z.string()), stop_grace_period: z.string() });
  return z.object({
    services: z.object({
      'replica-1': replica,
      'replica-2': replica,
      redis: z.object({ command: z.array(z.string()), volumes: z.array(z.string()) }),
      balancer: z.object({ ports: z.array(z.string()), volumes: z.array(z.string()) }),
    }),
  });
}

function deploymentSchema() {
  const probe = z.object({ httpGet: z.object({ path: z.string() }) });
  const container = z.object({
    env: z.array(
      z.object({
        name: z.string(),
        value: z.string().optional(),
        valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
      }),
    ),
    securityContext: z.unknown(),
    resources: z.unknown(),
    lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }),
    livenessProbe: probe,
    readinessProbe: probe,
  });
  const pod = z.object({
    terminationGracePeriodSeconds: z.number(),
    containers: z.tuple([container]),
    securityContext: z.unknown(),
    topologySpreadConstraints: z.array(z.object({ topologyKey: z.string() })),
  });
  return z.object({
    spec: z.object({ strategy: z.looseObject({ rollingUpdate: z.unknown() }), template: z.object({ spec: pod }) }),
  });
}

/** The values of each simple directive, in order. */
function directivesIn(config: string): ReadonlyMap<string, readonly string[]> {
  const lines = config.matchAll(/^\s*(\w+) +([^{}\n]+);$/gm);
  const groups = Map.groupBy(lines, ([, name]) => name ?? '');
  return new Map([...groups].map(([name, found]) => [name, found.map(([, , value]) => value ?? '')]));
}

function text(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}
