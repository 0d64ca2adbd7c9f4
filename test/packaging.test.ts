import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { DockerfileParser, type JSONInstruction } from 'dockerfile-ast';
import { parse } from 'yaml';
import { z } from 'zod';

// biome-ignore lint/suspicious/noTemplateCurlyInString: Docker's variable, not ours.
const BASE = '${BASE}';

const root = new URL('../../', import.meta.url);

describe('Dockerfile', () => {
  const file = DockerfileParser.parse(text('Dockerfile'));
  const instructions = file.getInstructions();
  const stages = instructions.filter((instruction) => instruction.getKeyword() === 'FROM');
  const runtime = instructions.slice(instructions.indexOf(stages.at(-1) ?? fail('There is no stage.')));

  it('builds in one stage and runs in another, from a base that can be changed', () => {
    const froms = file.getFROMs().map((from) => [from.getImage(), from.getBuildStage()]);
    expect(froms).to.deep.equal([
      [BASE, 'build'],
      [BASE, null],
    ]);
    expect(file.getARGs().map((arg) => arg.getProperty()?.getValue())).to.deep.equal(['node:24-slim']);
  });

  it('takes the build from the first stage, and installs no development package in the second', () => {
    expect(file.getCOPYs().at(-1)?.getFromFlag()?.getValue()).to.equal('build');
    expect(contents('COPY').at(-1)).to.equal('/app/dist ./dist');
    expect(contents('RUN')[0]).to.equal('npm ci --omit=dev && npm cache clean --force');
  });

  it('runs in production, as a user who is not root, once everything is in place', () => {
    expect(contents('ENV')).to.deep.equal(['NODE_ENV=production']);
    expect(contents('USER')).to.deep.equal(['1000:1000']);
    const keywords = runtime.map((instruction) => instruction.getKeyword());
    expect(keywords.indexOf('USER')).to.be.above(keywords.lastIndexOf('COPY')).and.above(keywords.lastIndexOf('RUN'));
  });

  it('has a volume for a file of SQLite, in which its user may write', () => {
    expect(contents('VOLUME')).to.deep.equal(['/data']);
    expect(contents('RUN')[1]).to.equal('mkdir /data && chown node:node /data');
    const keywords = runtime.map((instruction) => instruction.getKeyword());
    // What is done to a folder after it was named a volume is lost.
    expect(keywords.indexOf('VOLUME')).to.be.above(keywords.lastIndexOf('RUN'));
  });

  it('starts node itself, without a shell that would keep signals from it', () => {
    expect(file.getENTRYPOINTs()).to.deep.equal([]);
    expect(file.getCMDs().map(words)).to.deep.equal([['node', '--enable-source-maps', 'dist/main.js']]);
  });

  itAsksForHealth(() => {
    const [check, ...others] = file.getHEALTHCHECKs();
    expect(others).to.deep.equal([]);
    const [, command] = check?.getArgumentsContent()?.match(/^CMD (\[.*\])$/) ?? [];
    return z.array(z.string()).parse(JSON.parse(command ?? fail('There is no health check in exec form.')));
  });

  function contents(keyword: string): (string | null)[] {
    const found = runtime.filter((instruction) => instruction.getKeyword() === keyword);
    return found.map((instruction) => instruction.getArgumentsContent());
  }
});

describe('.dockerignore', () => {
  it('lets nothing into the image but what it is built from', () => {
    const lines = text('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const copied = DockerfileParser.parse(text('Dockerfile'))
      .getCOPYs()
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => `!${argument.getValue()}`),
      );
    expect(lines).to.have.members(['*', ...new Set(copied)]);
  });
});

describe('package-lock.json', () => {
  const { packages } = z
    .object({ packages: z.record(z.string(), lockedSchema()) })
    .parse(JSON.parse(text('package-lock.json')));

  it('names every optional package, so that npm ci takes it ("npm run lock" adds what is missing)', () => {
    const wanted = Object.values(packages).flatMap(({ optionalDependencies }) =>
      Object.keys(optionalDependencies ?? {}),
    );
    expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).to.deep.equal([]);
  });

  it('lets npm run on any Node without a warning, since everything else runs on the one it brings ("npm run lock")', () => {
    expect(Object.entries(packages).filter(([, { engines }]) => engines !== undefined)).to.deep.equal([]);
    expect(JSON.parse(text('package.json'))).not.to.have.property('engines');
  });

  it('has a checksum for everything that runs in production', () => {
    const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    expect(installed.length).to.be.above(50);
    expect(installed.filter(([, { integrity }]) => integrity === undefined)).to.deep.equal([]);
  });
});

describe('docker-compose.yml', () => {
  const { services } = composeSchema().parse(parse(text('docker-compose.yml')));
  const service = services['agent-runtime'];

  it('gives agent-runtime alone, on port 8001, built from here', () => {
    const { 'agent-runtime': _, ...others } = services;
    for (const [name, other] of Object.entries(others)) expect(other, name).to.have.property('profiles');
    expect(service.build).to.equal('.');
    expect(service.ports).to.deep.equal(['8001:8001']);
    expect(service.environment).to.include({ AGENT_RUNTIME__PORT: '8001', AGENT_RUNTIME__HOST: '0.0.0.0' });
  });

  it('starts without any setting: the default key is not refused', () => {
    expect(service.environment).to.include({
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Compose's variables, not ours.
      NODE_ENV: '${NODE_ENV:-development}',
      AGENT_RUNTIME__INTERNAL_API_KEY: '${AGENT_RUNTIME__INTERNAL_API_KEY:-change-me-internal-key}',
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: -
    });
    expect(service.env_file).to.deep.equal([{ path: '.env', required: false }]);
  });

  it('comes back after a crash, and waits for open streams when it is stopped', () => {
    expect(service).to.include({ init: true, restart: 'unless-stopped', stop_grace_period: '35s' });
  });

  itAsksForHealth(() => service.healthcheck.test.slice(1));
});

/** Runs the command as Docker would, against servers that are well, ill and gone. */
function itAsksForHealth(command: () => readonly string[]): void {
  it('asks /health, and tells a server that is well from one that is ill or gone', async () => {
    const asked: (string | undefined)[] = [];
    let status = 200;
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server.address());
    expect(await exitCode(command(), port)).to.equal(0);
    status = 503;
    expect(await exitCode(command(), port)).to.equal(1);
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await exitCode(command(), port)).to.equal(1);
    expect(asked).to.deep.equal(['/health', '/health']);
  });
}

async function exitCode([program, ...given]: readonly string[], port: number): Promise<unknown> {
  expect(program).to.equal('node');
  const child = spawn(
    process.execPath,
    given.map((argument) => argument.replaceAll('8001', String(port))),
  );
  const [code] = await once(child, 'exit');
  return code;
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === 'object' ? address.port : fail('The server has no port.');
}

function lockedSchema() {
  return z.object({
    dev: z.boolean().optional(),
    engines: z.unknown().optional(),
    integrity: z.string().optional(),
    optionalDependencies: z.record(z.string(), z.string()).optional(),
  });
}

function composeSchema() {
  const service = z.object({
    build: z.string(),
    ports: z.array(z.string()),
    environment: z.record(z.string(), z.string()),
    env_file: z.array(z.unknown()),
    healthcheck: z.object({ test: z.tuple([z.literal('CMD')], z.string()) }),
    init: z.boolean(),
    restart: z.string(),
    stop_grace_period: z.string(),
  });
  return z.object({ services: z.looseObject({ 'agent-runtime': service }) });
}

/** The words of an instruction in its exec form. */
function words(instruction: JSONInstruction): readonly string[] {
  return instruction.getJSONStrings().map((word): string => JSON.parse(word.getValue()));
}

function text(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

function fail(reason: string): never {
  throw new Error(reason);
}
