import type { AgentRuntimeOptions } from './agent-runtime-options.js';
import { Answer } from './answer.js';
import type { Final } from './final.js';
import { type Call, Http } from './http.js';
import { bodyOf, type Message, type UserMessage } from './message.js';
import type { ReadOptions } from './read-options.js';
import { RunReader } from './run-reader.js';
import { Service } from './service.js';
import { type CallOptions, Sessions } from './sessions.js';
import { takeTurn } from './turn.js';
import type { TurnOptions } from './turn-options.js';
import type { Agent, Model, OpenCall, Run } from './wire.js';

/** A client of one service. */
export class AgentRuntime {
  readonly sessions: Sessions;
  private readonly http: Http;
  private readonly service: Service;

  /** Throws TypeError for an address or a header that cannot be sent. */
  constructor(options: AgentRuntimeOptions) {
    this.http = new Http(options);
    this.service = new Service(this.http);
    this.sessions = new Sessions(this.service);
  }

  /** Goes out at once. A message is answered once, however often it has to be sent. */
  send(message: Message, options: ReadOptions = {}): Answer {
    const headers = { 'Idempotency-Key': newKey() };
    const call: Call = { method: 'POST', path: '/agent/message/stream', headers, body: bodyOf(message) };
    return this.read(call, options, { sessionId: message.sessionId });
  }

  /** A run from its start, or behind the frame whose id is `after`. */
  resume(runId: string, { after, ...options }: ReadOptions & { readonly after?: string | undefined } = {}): Answer {
    return this.read({ method: 'GET', path: `/agent/runs/${encodeURIComponent(runId)}/stream` }, options, {
      runId,
      after,
    });
  }

  /** The answer that is being written in a session, from its start; where there is none, it has no frame. */
  join(sessionId: string, options: ReadOptions = {}): Answer {
    const path = `/agent/sessions/${encodeURIComponent(sessionId)}/stream`;
    return this.read({ method: 'GET', path }, options, { sessionId });
  }

  /** Sends a message, makes and settles the calls that the model asks for, and resolves with how the last run ended. */
  turn(message: UserMessage, options: TurnOptions = {}): Promise<Final> {
    return takeTurn(
      {
        send: (sent, how) => this.send(sent, how),
        join: (sessionId, how) => this.join(sessionId, how),
        openCalls: (sessionId) => this.openCalls(sessionId),
      },
      message,
      options,
    );
  }

  /** What the service keeps of a run. */
  run(runId: string, { signal }: CallOptions = {}): Promise<Run> {
    return this.service.run(runId, signal);
  }

  /** The calls that a session waits for. */
  openCalls(sessionId: string): Promise<readonly OpenCall[]> {
    return this.service.openCalls(sessionId);
  }

  models({ signal }: CallOptions = {}): Promise<readonly Model[]> {
    return this.service.json({ method: 'GET', path: '/v1/llm/models' }, { signal });
  }

  agents({ signal }: CallOptions = {}): Promise<readonly Agent[]> {
    return this.service.json({ method: 'GET', path: '/agent/agents' }, { signal });
  }

  private read(call: Call, options: ReadOptions, of: Of): Answer {
    const reader = new RunReader(this.http, call, options, of);
    void reader.open();
    return new Answer(reader, this.service, options.signal, of.sessionId);
  }
}

interface Of {
  readonly sessionId?: string;
  readonly runId?: string;
  readonly after?: string | undefined;
}

/** `crypto.randomUUID` is not there in pages without TLS. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export type { AgentRuntimeOptions, Fetch } from './agent-runtime-options.js';
export type { Answer } from './answer.js';
export type { Final } from './final.js';
export type * from './message.js';
export { Problem, type ProblemDocument } from './problem.js';
export type { ConnectionState, ReadOptions } from './read-options.js';
export type { CallOptions, ListOptions, MessagesOptions, SessionChange, SessionDocument } from './sessions.js';
export type { Approval, Tool, TurnOptions } from './turn-options.js';
export type * from './wire.js';
