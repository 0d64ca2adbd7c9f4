import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { expect } from 'chai';
import { GatedGateway } from '../support/gated-gateway.js';
import { type LoggedLine, MemoryLogger } from '../support/memory-logger.js';
import { samplesOf } from '../support/metric-samples.js';
import { aMessage, INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';
import { until } from '../support/until.js';

const STREAM = '/agent/message/stream';

describe('the lines of requests', () => {
  let log: MemoryLogger;
  let gateway: GatedGateway;
  let server: RuntimeServer;

  beforeEach(async () => {
    log = new MemoryLogger();
    gateway = new GatedGateway();
    const settings = { INTERNAL_API_KEY: `new-key,${INTERNAL_KEY}` };
    server = await RuntimeServer.start({ gateway, log, settings });
  });
  afterEach(() => server.close());

  const lines = () => log.lines.filter(({ message }) => message === 'request answered');

  /** Resolves when there are so many; they are written when a client has its answer. */
  async function linesOnceThere(count: number): Promise<LoggedLine[]> {
    await until(() => lines().length >= count);
    return lines();
  }

  async function raw(request: string): Promise<string> {
    const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
    socket.write(request);
    return textOf(socket);
  }

  it('tell of a stream when it has ended: method, route, status, request, key and time', async () => {
    const stream = await server.send({}, { 'X-Request-Id': 'request-1' });
    const call = await gateway.call();
    expect(lines()).to.deep.equal([]);
    call.say('Hi').end();
    await stream.ended();
    const [line, ...more] = await linesOnceThere(1);
    expect(more).to.deep.equal([]);
    expect(line?.milliseconds).to.be.a('number').and.to.be.at.least(0);
    expect(line).to.deep.equal({
      level: 'info',
      message: 'request answered',
      method: 'POST',
      route: STREAM,
      status: 200,
      whole: true,
      requestId: 'request-1',
      key: 2,
      milliseconds: line?.milliseconds,
    });
  });

  it('tell of a client that left its stream, and of one that left before it was answered', async () => {
    const stream = await server.send();
    await gateway.call();
    stream.cut();
    expect((await linesOnceThere(1))[0]).to.include({ route: STREAM, status: 200, whole: false });
    const socket = connect({ port: Number(new URL(server.origin).port), host: '127.0.0.1' });
    const body = JSON.stringify(aMessage({ session_id: 'other' }));
    const head = ['Host: x', `X-Internal-Auth: ${INTERNAL_KEY}`, 'Content-Type: application/json'];
    socket.write(['POST /agent/message HTTP/1.1', ...head, `Content-Length: ${body.length}`, '', body].join('\r\n'));
    await gateway.call(2);
    socket.destroy();
    expect((await linesOnceThere(2))[1]).to.include({ route: '/agent/message', status: 499, whole: true, key: 2 });
  });

  it('tell of everything that changes something, and of nothing that is only read', async () => {
    const other = { 'X-Internal-Auth': 'new-key' };
    await server.get('/agent/sessions', other);
    await server.get('/health');
    await server.get('/metrics');
    await server.call({ method: 'HEAD', path: '/docs' });
    const stream = await server.send({}, other);
    await gateway.call();
    await server.post(`/agent/runs/${stream.runId}/cancel`, undefined, other);
    await stream.ended();
    await server.delete('/agent/sessions/demo');
    const told = (await linesOnceThere(3)).map(({ method, route, status, key }) => ({ method, route, status, key }));
    expect(told).to.have.deep.members([
      { method: 'POST', route: STREAM, status: 200, key: 1 },
      { method: 'POST', route: '/agent/runs/{run}/cancel', status: 202, key: 1 },
      { method: 'DELETE', route: '/agent/sessions/{id}', status: 204, key: 2 },
    ]);
  });

  it('tell of whatever is refused, by its route and never by its path', async () => {
    const CANARY = 'canary-9d';
    await server.get(`/agent/sessions/${CANARY}`);
    await server.get(`/agent/runs/${CANARY}/stream?last_event_id=${CANARY}`, { 'X-Internal-Auth': CANARY });
    await server.get(`/${CANARY}`);
    await server.call({ method: 'PUT', path: `/agent/sessions/${CANARY}` });
    await server.post(STREAM, { session_id: CANARY });
    await server.get('/agent/sessions/%');
    await server.call({ method: 'PROPFIND', path: '/health' });
    await server.get('http://[::/health');
    const told = (await linesOnceThere(8)).map(({ method, route, status, key }) => [method, route, status, key]);
    expect(told).to.deep.equal([
      ['GET', '/agent/sessions/{id}', 404, 2],
      ['GET', '/agent/runs/{run}/stream', 401, undefined],
      ['GET', 'unknown', 404, undefined],
      ['PUT', '/agent/sessions/{id}', 405, undefined],
      ['POST', STREAM, 422, 2],
      ['GET', 'unknown', 400, undefined],
      ['unknown', '/health', 405, undefined],
      ['GET', 'unknown', 400, undefined],
    ]);
    expect(JSON.stringify(log.lines)).not.to.contain(CANARY);
  });

  it('tell of what never became a request', async () => {
    for (const [request, method, status] of [
      ['nonsense\r\n\r\n', 'unknown', 400],
      [`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`, 'unknown', 431],
      ['CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n', 'CONNECT', 400],
    ] as const) {
      const count = lines().length;
      const answer = await raw(request);
      const line = (await linesOnceThere(count + 1))[count];
      expect(line).to.include({ method, status, route: 'unknown', whole: true });
      expect(answer).to.contain(`X-Request-Id: ${line?.requestId}`);
    }
  });

  it('are one for a request that turns out unreadable in its body', async () => {
    const head = ['Host: x', `X-Internal-Auth: ${INTERNAL_KEY}`, 'Content-Type: application/json'];
    const answer = await raw(
      [`POST ${STREAM} HTTP/1.1`, ...head, 'X-Request-Id: broken', 'Transfer-Encoding: chunked', '', 'zz\r\n'].join(
        '\r\n',
      ),
    );
    expect(answer).to.match(/^HTTP\/1\.1 400 .*X-Request-Id: broken\r\n/s);
    await server.post(STREAM, {});
    const told = (await linesOnceThere(2)).map(({ route, status, requestId }) => [route, status, requestId]);
    expect(told.slice(0, 1)).to.deep.equal([[STREAM, 400, 'broken']]);
    expect(told).to.have.length(2);
  });

  it('have their counts in the metrics, from 0', async () => {
    const begun = samplesOf((await server.get('/metrics')).text);
    const named = (name: string, labels: string) => `agent_runtime_http_requests_total{${name}${labels}}`;
    expect(begun.get(named('', `method="POST",route="${STREAM}",status="200"`))).to.equal(0);
    expect(begun.get(named('', 'method="DELETE",route="/agent/sessions/{id}",status="204"'))).to.equal(0);
    for (const name of [
      'messages_total{outcome="running"}',
      'messages_total{outcome="overloaded"}',
      'runs_ended_total{finish_reason="error"}',
      'run_failures_total{code="upstream_timeout"}',
      'takeovers_total{outcome="ended"}',
      'leases_lost_total',
      'upstream_attempts_total{outcome="ok"}',
      'upstream_tokens_total{direction="output"}',
      'store_calls_failed_total{operation="append"}',
    ]) {
      expect(begun.get(`agent_runtime_${name}`), name).to.equal(0);
    }
    const { version } = server.config;
    const build = `agent_runtime_build_info{version="${version}",node_version="${process.version}"}`;
    expect(begun.get(build)).to.equal(1);
  });

  it('are counted and timed by method, route and status', async () => {
    await server.get('/agent/sessions/there-is-none');
    await server.get('/there-is-none');
    await until(() => lines().length === 2);
    const { text } = await server.get('/metrics');
    const samples = samplesOf(text);
    for (const labels of [
      'method="GET",route="/agent/sessions/{id}",status="404"',
      'method="GET",route="unknown",status="404"',
    ]) {
      expect(samples.get(`agent_runtime_http_requests_total{${labels}}`), labels).to.equal(1);
      expect(samples.get(`agent_runtime_http_request_duration_seconds_count{${labels}}`), labels).to.equal(1);
    }
    expect(text).not.to.contain('there-is-none');
  });
});
