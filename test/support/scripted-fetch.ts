export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
  /** By the clock that is set. */
  readonly at: number;
}

/** What a request is answered with. */
export type ScriptedAnswer = (request: SentRequest, signal: AbortSignal | undefined) => Response | Promise<Response>;

/** A network for one client: each request gets the next answer, the last one again and again. */
export class ScriptedFetch {
  readonly requests: SentRequest[] = [];
  private readonly answers: ScriptedAnswer[];

  constructor(...answers: ScriptedAnswer[]) {
    this.answers = answers;
  }

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const { method = 'GET', headers, body, signal } = init;
    const { pathname, search } = new URL(url);
    const at = Date.now();
    const request = { method, path: pathname + search, headers: new Headers(headers), body: String(body ?? ''), at };
    this.requests.push(request);
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (answer === undefined) throw new TypeError('fetch failed');
    return answer(request, signal ?? undefined);
  };

  /** Milliseconds between the requests, whole. */
  get waits(): readonly number[] {
    const times = this.requests.map(({ at }) => at);
    return times.slice(1).map((time, index) => time - (times[index] ?? 0));
  }
}

export function unreachable(): ScriptedAnswer {
  return () => Promise.reject(new TypeError('fetch failed'));
}

export function nothing(): ScriptedAnswer {
  return () => new Response(null, { status: 204 });
}

export function json(value: unknown): ScriptedAnswer {
  return () => Response.json(value);
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): ScriptedAnswer {
  const document = {
    type: `urn:agent-runtime:problem:${code}`,
    status,
    detail: `It is ${code}.`,
    code,
    request_id: 'r1',
  };
  return () => Response.json(document, { status, headers: { 'Content-Type': 'application/problem+json', ...headers } });
}

/** A stream of the run `run` that comes in these pieces, and then ends, breaks, or stays silent. */
export function stream(
  pieces: readonly string[],
  then: 'ends' | 'breaks' | 'is silent' = 'ends',
  headers: Record<string, string> = { 'X-Run-Id': 'run' },
): ScriptedAnswer {
  return (_request, signal) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        if (then === 'ends') controller.close();
        if (then === 'is silent') signal?.addEventListener('abort', () => controller.error(signal.reason));
      },
      pull(controller) {
        if (then === 'breaks') controller.error(new TypeError('terminated'));
      },
    });
    return new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8', ...headers } });
  };
}

export function token(number: number, text: string): string {
  return frame(number, { token: text, is_final: false, type: 'assistant_message' });
}

export function ending(number: number, finishReason?: string): string {
  const reason = finishReason === undefined ? {} : { finish_reason: finishReason };
  return `${frame(number, { token: '', is_final: true, type: 'assistant_message', ...reason })}data: [DONE]\n\n`;
}

export function frame(number: number, fields: object): string {
  return `id: run-${number}\ndata: ${JSON.stringify(fields)}\n\n`;
}
