import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { completionStream } from '../support/completion-stream.js';
import { McpTestServer, saying } from '../support/mcp-test-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { ScriptedUpstream } from '../support/upstream-server.js';

const { text, finish, usage, done } = completionStream;
const SECRET = 'a word that nobody else may read';

const valueSchema = z.object({
  stringValue: z.string().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string() })) }).optional(),
});
const attributesSchema = z.array(z.object({ key: z.string(), value: valueSchema }));
const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  attributes: attributesSchema,
  events: z.array(z.object({ name: z.string(), attributes: attributesSchema.default([]) })).default([]),
});
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});
type Span = z.output<typeof spanSchema>;

describe('traces', function () {
  this.timeout(60_000);
  let folder: string;
  let upstream: ScriptedUpstream;
  let collector: ScriptedUpstream;
  let service: ServiceProcess;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    [upstream, collector] = [new ScriptedUpstream(), new ScriptedUpstream()];
    await Promise.all([upstream.start(), collector.start()]);
    collector.answer = () => ({
      headers: { 'Content-Type': 'application/json' },
      steps: [{ type: 'write', bytes: '{}' }],
    });
    upstream.answer = () =>
      upstream.requests.length === 1
        ? { status: 503 }
        : {
            headers: { 'Content-Type': 'text/event-stream' },
            steps: [{ type: 'write', bytes: text(SECRET) + finish('stop') + usage(7, 3) + done }],
          };
  });
  afterEach(async () => {
    await service.kill();
    await Promise.all([upstream.close(), collector.close()]);
    await rm(folder, { recursive: true });
  });

  async function start(environment: Readonly<Record<string, string>>): Promise<void> {
    const settings = { LLM_MODE: 'vllm', VLLM_BASE_URL: `${upstream.url}/v1`, LLM_MODEL: 'qwen' };
    service = await ServiceProcess.start(folder, settings, { environment });
  }

  function exported() {
    return collector.requests.flatMap(({ body }) => exportSchema.parse(JSON.parse(body)).resourceSpans);
  }

  /** As plain values. */
  function attributesOf({ attributes }: Pick<Span, 'attributes'>): Record<string, unknown> {
    return Object.fromEntries(
      attributes.map(({ key, value: { stringValue, intValue, arrayValue } }) => [
        key,
        stringValue ?? (intValue === undefined ? arrayValue?.values.map((item) => item.stringValue) : Number(intValue)),
      ]),
    );
  }

  it('are one for each run, with a span for each call of the model, and no text', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_SERVICE_NAME: 'chat-backend' });
    const streams = [await service.converse(SECRET, 'one'), await service.converse(SECRET, 'two')];
    expect(await service.kill('SIGTERM')).to.equal(0);
    const spans = exported().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    const runs = spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(runs.map((span) => attributesOf(span)['agent_runtime.run.id'])).to.deep.equal(
      streams.map(({ runId }) => runId),
    );
    expect(new Set(spans.map(({ traceId }) => traceId)).size).to.equal(2);
    const [first] = runs;
    expect(first && attributesOf(first)).to.include({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'default',
      'gen_ai.conversation.id': 'one',
      'agent_runtime.run.attempts': 2,
      'agent_runtime.run.finish_reason': 'stop',
    });
    const calls = spans.filter(({ parentSpanId }) => parentSpanId === first?.spanId);
    expect(calls.map(({ name }) => name)).to.deep.equal(['chat qwen', 'chat qwen']);
    const model = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'vllm', 'gen_ai.request.model': 'qwen' };
    expect(calls.map(attributesOf)).to.deep.equal([
      { ...model, 'error.type': 'upstream_unavailable' },
      {
        ...model,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 7,
        'gen_ai.usage.output_tokens': 3,
      },
    ]);
    expect(attributesOf(exported()[0]?.resource ?? { attributes: [] })).to.include({ 'service.name': 'chat-backend' });
    expect(collector.requests.map(({ body }) => body).join()).not.to.contain(SECRET);
    const parents = upstream.requests.slice(0, 2).map(({ headers }) => headers.traceparent);
    expect(parents).to.deep.equal(calls.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`));
  });

  it('tell that another model was asked, and of whom each call was', async () => {
    const agentsFile = join(folder, 'agents.json');
    await writeFile(agentsFile, '{"agents":{"default":{"model":"vllm:a","fallbacks":["vllm:b"]}}}');
    const settings = { VLLM_BASE_URL: `${upstream.url}/v1`, UPSTREAM_RETRIES: '0', AGENTS_FILE: agentsFile };
    service = await ServiceProcess.start(folder, settings, {
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    expect((await service.converse('Hello')).finishReason).to.equal('stop');
    expect(await service.kill('SIGTERM')).to.equal(0);
    const spans = exported().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    const run = spans.find(({ parentSpanId }) => parentSpanId === '');
    expect(run?.events.map((event) => [event.name, attributesOf(event)])).to.deep.equal([
      [
        'failover',
        {
          'agent_runtime.model.from': 'vllm:a',
          'agent_runtime.model.to': 'vllm:b',
          'error.type': 'upstream_unavailable',
        },
      ],
    ]);
    const calls = spans.filter(({ parentSpanId }) => parentSpanId !== '');
    expect(calls.map(({ name }) => name)).to.deep.equal(['chat a', 'chat b']);
  });

  it('have a span for each tool that a server runs, without what it was given or has said', async () => {
    const tools = await McpTestServer.start({
      list: async () => saying(SECRET),
      fail: async () => ({ ...saying(SECRET), isError: true }),
    });
    const agentsFile = join(folder, 'agents.json');
    const agents = { default: { model: 'mock:fake-llm', tools: ['files/*'] } };
    await writeFile(agentsFile, JSON.stringify({ agents, mcp_servers: { files: { url: tools.url } } }));
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    service = await ServiceProcess.start(folder, { LLM_MODE: 'mock', AGENTS_FILE: agentsFile }, { environment });
    const { runId } = await service.converse(`/call files/list {"path":"${SECRET}"}\n/call files/fail {}`);
    expect(await service.kill('SIGTERM')).to.equal(0);
    await tools.close();
    const spans = exported().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    const run = spans.find((span) => attributesOf(span)['agent_runtime.run.id'] === runId);
    const calls = spans.filter(({ name }) => name.startsWith('execute_tool'));
    expect(calls.every(({ parentSpanId }) => parentSpanId === run?.spanId)).to.equal(true);
    const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.type': 'extension' };
    const served = { ...tool, 'agent_runtime.tool.server': 'files' };
    expect(calls.map(attributesOf)).to.have.deep.members([
      { ...served, 'gen_ai.tool.name': 'list' },
      { ...served, 'gen_ai.tool.name': 'fail', 'error.type': 'tool_error' },
    ]);
    expect(collector.requests.map(({ body }) => body).join()).not.to.contain(SECRET);
  });

  it('go to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT alone, at the very path that it names', async () => {
    const others = new ScriptedUpstream();
    await others.start();
    await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: others.url,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/tenants/one/spans/?token=a`,
    });
    const { runId } = await service.converse('Hello');
    expect(await service.kill('SIGTERM')).to.equal(0);
    expect(new Set(collector.requests.map(({ method, path }) => `${method} ${path}`))).to.deep.equal(
      new Set(['POST /tenants/one/spans/?token=a']),
    );
    const spans = exported().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    expect(spans.map((span) => attributesOf(span)['agent_runtime.run.id'])).to.include(runId);
    expect(others.requests).to.deep.equal([]);
    await others.close();
  });

  for (const [what, environment] of [
    ['nobody wants them', () => ({})],
    [
      'OpenTelemetry is switched off',
      () => ({ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/spans` }),
    ],
  ] as const) {
    it(`are not made where ${what}`, async () => {
      await start(environment());
      await service.converse('Hello');
      expect(await service.kill('SIGTERM')).to.equal(0);
      expect(upstream.requests.map(({ headers }) => headers.traceparent)).to.deep.equal([undefined, undefined]);
      expect(collector.requests).to.deep.equal([]);
    });
  }

  it('hold nothing up when their collector is away', async () => {
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
    expect((await service.converse('Hello')).finishReason).to.equal('stop');
    expect(await service.kill('SIGTERM')).to.equal(0);
  });
});
