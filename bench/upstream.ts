import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readyAt, textOf } from './process-port.js';
import { type Scenario, scenarioOf, tokenAt } from './scenario.js';

const PIECE_BYTES = 64 * 1024;
const END = `data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

const pieces = new Map<number, readonly Buffer[]>();

/** A model that says what its prompt asks for. All that can be is made before it is asked for: it must never be what is
 *  measured. */
const server = createServer((request, response) => void answer(request, response));
server.listen(0, '127.0.0.1', () => readyAt(server));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Whoever asks for its models does without.
  if (request.method !== 'POST') return void response.writeHead(404).end();
  const { messages }: { messages: { content: string }[] } = JSON.parse(await textOf(request));
  const scenario = scenarioOf(messages.at(-1)?.content ?? '{}');
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  if (scenario.every === 0) await burst(scenario, response);
  else await paced(scenario, response);
  if (!scenario.hangs) response.end(END);
}

async function burst({ tokens }: Scenario, response: ServerResponse): Promise<void> {
  for (const piece of piecesOf(tokens)) {
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
  }
}

function paced({ tokens, every, dated }: Scenario, response: ServerResponse): Promise<void> {
  let index = 0;
  return new Promise((resolve) => {
    const say = (): void => {
      const text = dated ? `${(performance.timeOrigin + performance.now()).toFixed(3)} ` : tokenAt(index);
      response.write(delta(text));
      index += 1;
      if (index < tokens) return;
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(say, every);
    response.once('close', () => clearInterval(timer));
    say();
  });
}

function piecesOf(tokens: number): readonly Buffer[] {
  const known = pieces.get(tokens);
  if (known !== undefined) return known;
  const made: Buffer[] = [];
  let text = '';
  for (let index = 0; index < tokens; index += 1) {
    text += delta(tokenAt(index));
    if (text.length < PIECE_BYTES && index + 1 < tokens) continue;
    made.push(Buffer.from(text));
    text = '';
  }
  pieces.set(tokens, made);
  return made;
}

function delta(text: string): string {
  return `data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}},"finish_reason":null}]}\n\n`;
}
