import type { Express } from 'express';
import { WorkerTokenCounter } from '../../src/adapters/outbound/tokens/worker-token-counter.js';
import type { Logger } from '../../src/application/ports/logger.js';
import { type Config, loadConfig } from '../../src/infrastructure/config/config.js';
import {
  createContainer,
  createRuntime,
  type Overrides,
  type Runtime,
} from '../../src/infrastructure/container/container.js';
import { llmProviders } from '../../src/infrastructure/container/llm-providers.js';
import { storeKinds } from '../../src/infrastructure/container/store-kinds.js';
import { HttpServer } from '../../src/infrastructure/server/http-server.js';
import { shutDown } from '../../src/infrastructure/server/shutdown.js';
import { callHttp, type HttpAnswer, type HttpCall } from './http-client.js';
import { MemoryLogger } from './memory-logger.js';
import { SseClient } from './sse-client.js';

export const INTERNAL_KEY = 'key-of-the-tests';

export interface RuntimeServerOptions extends Overrides {
  /** As in the environment, without the prefix. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More of the environment, under the names that it has there. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly log?: Logger;
  /** What a client may take to send a request; as in production unless said otherwise. */
  readonly requestMilliseconds?: number;
}

type Headers = NonNullable<HttpCall['headers']>;

/** A client of the service that has its key. */
export abstract class RuntimeClient {
  abstract get origin(): string;

  call(call: HttpCall): Promise<HttpAnswer> {
    return callHttp(this.origin, withKey(call));
  }

  get(path: string, headers: Headers = {}): Promise<HttpAnswer> {
    return this.call({ path, headers });
  }

  delete(path: string): Promise<HttpAnswer> {
    return this.call({ method: 'DELETE', path });
  }

  /** `body` is sent as JSON. */
  post(path: string, body?: unknown, headers: Headers = {}): Promise<HttpAnswer> {
    return this.call(postOf(path, body, headers));
  }

  /** POST /agent/message/stream, read as it comes. */
  send(message: Partial<SentMessage> = {}, headers: Headers = {}): Promise<SseClient> {
    return SseClient.open(this.origin, withKey(postOf('/agent/message/stream', aMessage(message), headers)));
  }

  /** A stream that is read with GET. */
  follow(path: string, headers: Headers = {}): Promise<SseClient> {
    return SseClient.open(this.origin, withKey({ path, headers }));
  }

  /** A message to `session_id`, with its answer read to the end. */
  async converse(content: string, session_id = 'demo'): Promise<SseClient> {
    const stream = await this.send({ session_id, content });
    return stream.ended();
  }
}

/** The whole service on a real socket, and a client of it. */
export class RuntimeServer extends RuntimeClient {
  /** One for all servers of this process: a counter has a thread, which takes half a second to read its dictionary. */
  private static readonly tokenCounter = new WorkerTokenCounter();

  private constructor(
    readonly config: Config,
    private readonly runtime: Runtime,
    private readonly server: HttpServer,
  ) {
    super();
  }

  static async start({
    settings = {},
    variables = {},
    log = new MemoryLogger(),
    requestMilliseconds,
    ...overrides
  }: RuntimeServerOptions = {}) {
    const options = { providers: llmProviders, stores: storeKinds, dotenvPath: 'there-is-no.env' };
    const own = environment({ INTERNAL_API_KEY: INTERNAL_KEY, MOCK_DELAY_MS: '0', ...settings });
    const config = loadConfig(options, { ...own, ...variables });
    const runtime = await createRuntime(
      createContainer(config, log, { tokenCounter: RuntimeServer.tokenCounter, ...overrides }),
    );
    const server = await HttpServer.listen(runtime, {
      host: '127.0.0.1',
      port: 0,
      ...(requestMilliseconds !== undefined && { requestMilliseconds }),
    });
    runtime.patrol.start();
    runtime.loopDelay.measure();
    return new RuntimeServer(config, runtime, server);
  }

  get app(): Express {
    return this.runtime.app;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** How many runs are being written. */
  get activeRuns(): number {
    return this.runtime.activeRuns.size;
  }

  /** Takes no new message any more; resolves when the last run has ended. */
  drain(graceMilliseconds: number): Promise<void> {
    return this.runtime.activeRuns.drain(graceMilliseconds);
  }

  /** As on SIGTERM. */
  shutDown(graceSeconds: number): Promise<void> {
    const { activeRuns, patrol, loopDelay, store, toolServers } = this.runtime;
    loopDelay.stop();
    return shutDown({
      activeRuns,
      patrol,
      server: this.server,
      store,
      toolServers,
      tracing: undefined,
      log: new MemoryLogger(),
      arrivalMilliseconds: 0,
      graceSeconds,
    });
  }

  close(): Promise<void> {
    return this.shutDown(0);
  }
}

export interface SentMessage {
  readonly session_id: unknown;
  readonly type: unknown;
  readonly content: unknown;
  readonly on_busy: unknown;
  readonly on_disconnect: unknown;
  readonly [unknownField: string]: unknown;
}

/** A message as a client sends it; a field that is undefined is left out. */
export function aMessage(fields: Partial<SentMessage> = {}): Partial<SentMessage> {
  return { session_id: 'demo', type: 'user_message', content: 'Hello there', ...fields };
}

function postOf(path: string, body: unknown, headers: Headers): HttpCall {
  if (body === undefined) return { method: 'POST', path, headers };
  return {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function withKey(call: HttpCall): HttpCall {
  return { ...call, headers: { 'X-Internal-Auth': INTERNAL_KEY, ...call.headers } };
}

function environment(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`AGENT_RUNTIME__${name}`, value]));
}
