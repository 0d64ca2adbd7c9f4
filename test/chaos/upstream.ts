import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { completionStream } from '../support/completion-stream.js';
import type { ModelCall } from './history.js';
import { answerPlan, answerToken, messagesIn } from './model-answer.js';
import { toolAnswer, toolTurnIn } from './tool-model.js';
import type { ToolPrompt } from './tool-trace.js';

const requestSchema = z.object({
  messages: z.array(
    z.object({
      role: z.string(),
      content: z
        .string()
        .nullish()
        .transform((content) => content ?? ''),
      tool_call_id: z.string().optional(),
      tool_calls: z.array(z.object({ id: z.string() })).optional(),
    }),
  ),
});

const TOOL_PIECE_MS = 40;

/** A model on loopback that answers each message as its plan says, and remembers who asked, when and how often. Each
 *  replica asks under a path of its own. */
export class Upstream {
  readonly calls: ModelCall[] = [];
  readonly toolPrompts: ToolPrompt[] = [];
  private readonly server: Server = createServer((incoming, outgoing) => {
    this.serve(incoming, outgoing).catch(() => outgoing.destroy());
  });

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.server.listen(0, '127.0.0.1');
    await once(upstream.server, 'listening');
    return upstream;
  }

  /** What AGENT_RUNTIME__LLM_PROXY_URL of this replica is to be. */
  urlFor(replica: string): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The upstream is not listening.');
    return `http://127.0.0.1:${address.port}/${replica}`;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece);
    const { messages } = requestSchema.parse(JSON.parse(Buffer.concat(pieces).toString()));
    const entries = messages.map(({ role, content, tool_call_id: resultOf, tool_calls: calls = [] }) => {
      return { role, content, resultOf, calls: calls.map(({ id }) => id) };
    });
    const turn = toolTurnIn(entries);
    if (turn !== undefined) {
      this.toolPrompts.push({ session: turn.session, messages: entries });
      await answerWith(toolAnswer(turn.number, entries), outgoing);
      return;
    }
    const call = this.record(String(incoming.url), messages);
    const left = new AbortController();
    outgoing.once('close', () => {
      call.endedAt ??= Date.now();
      call.outcome ??= 'left';
      left.abort();
    });
    outgoing.on('error', () => {});
    await this.answer(call, outgoing, left.signal);
  }

  private record(path: string, messages: z.infer<typeof requestSchema>['messages']): ModelCall {
    const prompt = messages.filter(({ role }) => role === 'user').flatMap(({ content }) => messagesIn(content));
    const message = prompt.at(-1);
    if (message === undefined) throw new Error('A prompt without a message.');
    const call: ModelCall = {
      message,
      call: this.calls.filter((earlier) => earlier.message === message).length + 1,
      replica: path.split('/')[1] ?? '',
      startedAt: Date.now(),
      endedAt: undefined,
      outcome: undefined,
      prompt,
    };
    this.calls.push(call);
    return call;
  }

  private async answer(call: ModelCall, outgoing: ServerResponse, left: AbortSignal): Promise<void> {
    const { fault, firstTokenMs, tokens, tokensBeforeBreak, tokenMs } = answerPlan(call.message);
    await delay(firstTokenMs, undefined, { signal: left });
    if (fault === 'refused') {
      end(call, fault);
      outgoing.writeHead(500, { 'Content-Type': 'application/json' }).end('{"error":{"message":"out of order"}}');
      return;
    }
    outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(completionStream.role);
    for (let place = 0; place < (fault === 'broken' ? tokensBeforeBreak : tokens); place += 1) {
      outgoing.write(completionStream.text(answerToken(call.message, call.call, place)));
      await delay(tokenMs, undefined, { signal: left });
    }
    end(call, fault ?? 'whole');
    if (fault === 'broken') outgoing.destroy();
    else outgoing.end(completionStream.finish('stop') + completionStream.usage(1, tokens) + completionStream.done);
  }
}

async function answerWith(pieces: readonly string[], outgoing: ServerResponse): Promise<void> {
  outgoing.on('error', () => {});
  outgoing.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(completionStream.role);
  for (const piece of pieces) {
    outgoing.write(piece);
    await delay(TOOL_PIECE_MS);
  }
  outgoing.end();
}

function end(call: ModelCall, outcome: ModelCall['outcome']): void {
  call.endedAt = Date.now();
  call.outcome = outcome;
}
