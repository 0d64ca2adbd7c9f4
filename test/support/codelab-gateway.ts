import type { IncomingMessage } from 'node:http';
import { openHttp } from './http-client.js';
import { INTERNAL_KEY } from './runtime-server.js';

type Told = Record<string, unknown>;

/** Codelab's newest gateway, as far as this service sees it: it hands on what the IDE sends, and reads the answer line
 *  by line, `data:` lines only. What it hands back to the IDE is their JSON. */
export class CodelabGateway {
  constructor(
    private readonly origin: string,
    private readonly sessionId: string,
  ) {}

  async forward(message: Readonly<Told>): Promise<readonly Told[]> {
    const headers = { 'X-Internal-Auth': INTERNAL_KEY, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ session_id: this.sessionId, message });
    const answer = await openHttp(this.origin, { method: 'POST', path: '/agent/message/stream', headers, body });
    if (answer.statusCode !== 200) return [{ type: 'error', content: `Agent error: ${answer.statusCode}` }];
    const told: Told[] = [];
    for await (const line of linesOf(answer)) {
      if (!line.startsWith('data: ')) continue;
      const data = line.slice('data: '.length);
      if (data === '[DONE]') break;
      told.push(JSON.parse(data));
    }
    return told;
  }
}

/** As Python's `splitlines` cuts them, which knows more line ends than most. */
async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let unread = '';
  for await (const text of answer.setEncoding('utf8')) {
    const lines = `${unread}${text}`.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
    unread = lines.pop() ?? '';
    yield* lines;
  }
}
