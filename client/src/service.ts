import { ask } from './ask.js';
import type { Exchange } from './exchange.js';
import type { Call, Http } from './http.js';
import { Patience } from './patience.js';
import { Problem } from './problem.js';
import type { OpenCall, Run, Session } from './wire.js';

export interface JsonOptions {
  readonly signal?: AbortSignal | undefined;
  readonly repeats?: 'few' | 'refused';
}

/** What the service knows, asked for and answered as JSON. */
export class Service {
  constructor(private readonly http: Http) {}

  /** Throws Problem, or the signal's reason. An answer without a body is undefined. */
  json<Value>(call: Call, { signal, repeats = 'few' }: JsonOptions = {}): Promise<Value> {
    const take = (exchange: Exchange) => valueIn<Value>(exchange);
    return ask(this.http, { call: () => call, take, patience: new Patience(), signal, repeats });
  }

  run(runId: string, signal?: AbortSignal): Promise<Run> {
    return this.json({ method: 'GET', path: `/agent/runs/${encodeURIComponent(runId)}` }, { signal });
  }

  cancelRun(runId: string): Promise<Run> {
    return this.json({ method: 'POST', path: `/agent/runs/${encodeURIComponent(runId)}/cancel` });
  }

  cancelSession(sessionId: string): Promise<Session> {
    return this.json({ method: 'POST', path: `/agent/sessions/${encodeURIComponent(sessionId)}/cancel` });
  }

  async openCalls(sessionId: string, signal?: AbortSignal): Promise<readonly OpenCall[]> {
    const path = `/agent/sessions/${encodeURIComponent(sessionId)}/calls`;
    const { open_calls } = await this.json<{ open_calls: readonly OpenCall[] }>({ method: 'GET', path }, { signal });
    return open_calls;
  }
}

async function valueIn<Value>(exchange: Exchange): Promise<Value> {
  const text = await exchange.text();
  try {
    return JSON.parse(text === '' ? 'null' : text);
  } catch (cause) {
    const detail = 'The answer is no JSON.';
    throw new Problem({ code: 'unreadable_answer', status: exchange.response.status, detail, cause });
  }
}
