import { expect } from 'chai';
import type { Express } from 'express';
import { z } from 'zod';
import { agentsFile } from '../support/agents-file.js';
import { expectProblem } from '../support/expect-problem.js';
import { RuntimeServer } from '../support/runtime-server.js';

const schema = z.looseObject({ $ref: z.string().optional() });
const operationSchema = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).default([]),
  requestBody: z
    .looseObject({ required: z.boolean(), content: z.record(z.string(), z.looseObject({ schema })) })
    .optional(),
  responses: z.record(
    z.string(),
    z.looseObject({ description: z.string(), content: z.record(z.string(), z.looseObject({ schema })).optional() }),
  ),
});
const documentSchema = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  components: z.looseObject({
    securitySchemes: z.record(z.string(), z.unknown()),
    schemas: z.record(z.string(), z.looseObject({})),
  }),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});
type OpenApi = z.infer<typeof documentSchema>;
type Operation = z.infer<typeof operationSchema>;

/** Routes that answer as OpenAI does. */
const OPENAI = /^\/v1\/(?!llm\/)/;
const OF_ONE_SESSION = /^\/(agent\/sessions|sessions|agents|ai\/chat)\/\{id\}/;

describe('GET /openapi.json', () => {
  let server: RuntimeServer;
  let text: string;
  let document: OpenApi;

  before(async () => {
    const AGENTS_FILE = agentsFile({ brief: { instructions: '', context: { max_tokens: 8 } } });
    server = await RuntimeServer.start({ settings: { VERSION: '9.8.7', AGENTS_FILE } });
    const answer = await server.call({ path: '/openapi.json', headers: { 'X-Internal-Auth': undefined } });
    expect(answer.status).to.equal(200);
    expect(answer.headers['content-type']).to.match(/^application\/json/);
    text = answer.text;
    document = documentSchema.parse(answer.json);
  });
  after(() => server.close());

  const operation = (method: string, path: string): Operation => {
    const found = document.paths[path]?.[method];
    if (found === undefined) throw new Error(`${method} ${path} is not documented`);
    return found;
  };
  const everyOperation = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({ name: `${method} ${path}`, method, path, described })),
    );

  it('is OpenAPI 3.1 of this service and its version', () => {
    expect(document.openapi).to.match(/^3\.1\./);
    expect(document.info).to.include({ title: 'agent-runtime', version: '9.8.7' });
  });

  it('describes every mounted route, and no other', () => {
    const documented = everyOperation().map(({ name }) => name);
    const mounted = mountedRoutes(server.app);
    expect(mounted).to.include('post /agent/message/stream');
    expect(documented).to.have.members(mounted);
  });

  it('has no reference that leads nowhere', () => {
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
    expect(references).to.include.members(['Problem', 'UserMessage', 'Run']);
    expect(document.components.schemas).to.include.all.keys(...new Set(references));
    expect([...text.matchAll(/"\$ref"/g)]).to.have.length(references.length);
  });

  it('tells what a message may choose, flat and nested, and who answered', () => {
    const { UserMessage, NestedUserMessage, Run, WholeAnswer } = document.components.schemas;
    const choices = ['agent', 'model', 'options', 'include', 'tools', 'tool_choice', 'replaces'];
    for (const sent of [UserMessage, NestedUserMessage])
      for (const name of choices) expect(sent).to.have.nested.property(`properties.${name}`);
    expect(UserMessage).to.have.nested.property('properties.include.items.enum').that.includes('reasoning');
    for (const told of [Run, WholeAnswer]) expect(told).to.have.nested.property('properties.model');
  });

  it('gives each operation a name of its own and each path parameter a description', () => {
    const names = everyOperation().map(({ described }) => described.operationId);
    expect(new Set(names).size).to.equal(names.length);
    for (const { path, described } of everyOperation()) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
      const documented = described.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(documented, path).to.have.members(inPath);
    }
  });

  it('answers every error with a problem, or as the clients of its wire expect', () => {
    for (const { name, path, described } of everyOperation()) {
      const [type, schema] = refusalOf(path);
      for (const [status, { content }] of Object.entries(described.responses)) {
        if (Number(status) < 400) continue;
        expect(content, `${name} ${status}`).to.have.all.keys(type);
        expect(content?.[type]?.schema).to.deep.equal(schema);
      }
    }
  });

  it('describes a problem with all its members', () => {
    const required = ['type', 'title', 'status', 'detail', 'code', 'request_id'];
    expect(document.components.schemas.Problem).to.have.property('required').with.members(required);
    expect(document.components.schemas.Problem)
      .to.have.property('properties')
      .that.includes.keys(...required, 'errors', 'run_id');
  });

  it('has the internal key as its security scheme, and says where it is needed', async () => {
    expect(document.components.securitySchemes).to.deep.equal({
      internalKey: { type: 'apiKey', in: 'header', name: 'X-Internal-Auth' },
      bearerKey: { type: 'http', scheme: 'bearer' },
    });
    for (const { name, method, path, described } of everyOperation()) {
      const isPublic = described.security.length === 0;
      if (!isPublic) expect(described.security, name).to.deep.equal([{ internalKey: [] }, { bearerKey: [] }]);
      expect('401' in described.responses, name).to.equal(!isPublic);
      const call = { method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'x') };
      const { status } = await server.call({ ...call, headers: { 'X-Internal-Auth': 'wrong' } });
      expect(status === 401, name).to.equal(!isPublic);
    }
  });

  it('describes the streams as event streams', () => {
    for (const [method, path] of [
      ['post', '/agent/message/stream'],
      ['get', '/agent/runs/{run}/stream'],
      ['get', '/agent/sessions/{id}/stream'],
    ] as const) {
      const { responses } = operation(method, path);
      expect(responses['200']?.content).to.have.all.keys('text/event-stream');
      expect(responses['204']).to.have.property('description');
      expect(responses['200']).to.have.property('headers').that.includes.keys('X-Run-Id', 'Content-Location');
    }
  });

  it('describes what a message may be refused with', () => {
    const statuses = ['400', '401', '404', '409', '410', '413', '415', '422', '429', '500', '503'];
    expect(operation('post', '/agent/message/stream').responses).to.include.all.keys(...statuses);
    expect(operation('post', '/agent/message').responses).to.include.all.keys(...statuses, '502', '504');
    for (const status of ['409', '429', '503']) {
      expect(operation('post', '/agent/message/stream').responses[status]).to.have.nested.property(
        'headers.Retry-After',
      );
    }
  });

  it('describes each refusal that a message meets, and its code', async () => {
    const message = { session_id: 'refused', type: 'user_message', content: 'Hi' };
    for (const [status, code, fields] of [
      [400, 'invalid_text', { content: '\u0000' }],
      [404, 'run_not_found', { replaces: 'none' }],
      [404, 'session_not_found', { type: 'tool_result', call_id: 'c1', result: 1 }],
      [413, 'message_too_long', { agent: 'brief', content: 'one two three four five six' }],
      [422, 'invalid_request', { agent: 'nobody' }],
    ] as const) {
      for (const path of ['/agent/message', '/agent/message/stream']) {
        expectProblem(await server.post(path, { ...message, ...fields }), status, code);
        expect(operation('post', path).responses, path).to.have.property(`${status}`);
      }
    }
    expect(document.components.schemas.Problem)
      .to.have.nested.property('properties.code.description')
      .that.includes('with 413 session_full, message_too_long;');
  });

  it('describes that a route of one session asks whose is meant, where several users have it', async () => {
    const message = { session_id: 'several', type: 'user_message', content: 'Hi' };
    for (const user of ['alice', 'bob'])
      expect((await server.post('/agent/message', message, { 'X-User-Id': user })).status).to.equal(200);
    const ofOne = everyOperation().filter(({ path }) => OF_ONE_SESSION.test(path));
    expect(ofOne).to.have.length.greaterThan(5);
    for (const { name, method, path, described } of ofOne) {
      const sent = ['patch', 'post'].includes(method)
        ? { headers: { 'Content-Type': 'application/json' }, body: '{"title":"Trip"}' }
        : {};
      const answer = await server.call({ method, path: path.replace('{id}', 'several'), ...sent });
      expect(answer.status, name).to.equal(409);
      expect(described.responses, name).to.have.property('409');
    }
  });

  it('describes the message and the headers that go with it', () => {
    const { requestBody, parameters } = operation('post', '/agent/message/stream');
    expect(requestBody?.required).to.equal(true);
    expect(requestBody?.content['application/json']?.schema).to.deep.equal({
      anyOf: ['UserMessage', 'NestedUserMessage', 'ToolResult', 'HitlDecision'].map((name) => ({
        $ref: `#/components/schemas/${name}`,
      })),
    });
    expect(document.components.schemas.NestedUserMessage).to.deep.include({ required: ['session_id', 'message'] });
    expect(document.components.schemas.UserMessage).to.deep.include({ required: ['session_id', 'type'] });
    expect(parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name)).to.have.members([
      'Idempotency-Key',
      'Last-Event-ID',
      'X-User-Id',
    ]);
  });

  it('tells nothing secret', () => {
    expect(text).not.to.contain(server.config.internalKeys[0]);
  });
});

describe('GET /docs', () => {
  let server: RuntimeServer;

  before(async () => {
    server = await RuntimeServer.start();
  });
  after(() => server.close());

  const open = (path: string) => server.call({ path, headers: { 'X-Internal-Auth': undefined } });

  it('is a page that loads its files from this service alone', async () => {
    const page = await open('/docs');
    expect(page.status).to.equal(200);
    expect(page.headers['content-type']).to.equal('text/html; charset=utf-8');
    const files = [...page.text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file = '']) => file);
    expect(files).to.have.length(4);
    for (const file of files) {
      expect(file).not.to.match(/^(\w+:|\/)/);
      const answer = await open(new URL(file, `${server.origin}/docs`).pathname);
      expect(answer.status, file).to.equal(200);
      expect(answer.headers['content-type'], file).to.match(/^(text\/(css|javascript)|image\/png)/);
      expect(answer.bytes.length, file).to.be.greaterThan(50);
    }
    expect(page.text).not.to.match(/<script>|<style>|\son\w+=/);
  });

  it('lets nothing else be loaded', async () => {
    const { headers } = await open('/docs');
    expect(headers['content-security-policy']).to.contain("default-src 'self'").and.to.contain("script-src 'self'");
    expect(headers['content-security-policy']).not.to.contain('unsafe-eval').and.not.to.contain('upgrade-insecure');
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'cross-origin-opener-policy': 'same-origin' });
    expect(headers).not.to.have.property('strict-transport-security');
  });

  it('reads the document of this service, under a prefix too', async () => {
    const initializer = await open('/docs/initializer.js');
    const [, url = ''] = /url: '([^']+)'/.exec(initializer.text) ?? [];
    expect(new URL(url, 'http://gateway/prefix/docs').pathname).to.equal('/prefix/openapi.json');
  });

  it('sends whoever adds a slash to the page', async () => {
    const { status, headers } = await open('/docs/');
    expect(status).to.equal(308);
    expect(new URL(String(headers.location), 'http://gateway/prefix/docs/').pathname).to.equal('/prefix/docs');
  });

  for (const file of [
    'package.json',
    '..%2fpackage.json',
    '..%2f..%2f..%2fpackage.json',
    '%2fetc%2fpasswd',
    'index.html',
    '.env',
    '%00',
  ]) {
    it(`has no file ${file}`, async () => expectProblem(await open(`/docs/${file}`), 404));
  }
});

/** What Express has mounted, named as in the document. */
function mountedRoutes(app: Express): string[] {
  return app.router.stack.flatMap(({ route }) => {
    if (route === undefined) return [];
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    return [...new Set(route.stack.flatMap(({ method }) => (method ? [`${method} ${path}`] : [])))];
  });
}

/** Media type and schema of what the clients of a wire are refused with. */
function refusalOf(path: string): readonly [type: string, schema: object] {
  if (path.startsWith('/ai/')) return ['text/plain', { type: 'string' }];
  if (path === '/ag-ui') return ['application/json', { $ref: '#/components/schemas/Problem' }];
  if (OPENAI.test(path)) return ['application/json', { $ref: '#/components/schemas/OpenAiError' }];
  return ['application/problem+json', { $ref: '#/components/schemas/Problem' }];
}
