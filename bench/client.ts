import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { INTERNAL_KEY } from '../test/support/runtime-server.js';
import type { Asked } from './ask.js';
import { type Scenario, wholeText } from './scenario.js';
import type { Subject } from './subject.js';

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const TOKEN =
  /^id: (.+)-(\d+)\ndata: \{"token":("(?:[^"\\]|\\.)*"),"is_final":(true|false),"type":"assistant_message"\}$/;

export interface Streamed {
  /** Milliseconds from the request to the first token. */
  readonly firstToken: number;
  /** Milliseconds between a dated token's writing and its reading. */
  readonly ages: readonly number[];
}

/** The first bytes of an answer that stays open; destroy it to let it go. */
export function open(subject: Subject, asked: Asked): Promise<IncomingMessage> {
  const { path, body: fields } = subject.ask(asked);
  const body = JSON.stringify(fields);
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'X-Internal-Auth': INTERNAL_KEY,
    ...subject.headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${subject.origin}${path}`, { method: 'POST', agent, headers }, resolve);
    request.once('error', reject);
    request.end(body);
  });
}

/** One answer, read to its end and held against what the model said, byte by byte. Throws where they differ. */
export async function stream(subject: Subject, asked: Asked): Promise<Streamed> {
  const begunAt = performance.now();
  const reading = new Reading(asked.scenario);
  const response = await open(subject, asked);
  response.setEncoding('utf8');
  for await (const text of response) reading.take(text, begunAt);
  return reading.end(response.statusCode ?? 0);
}

class Reading {
  private rest = '';
  private text = '';
  private last = 0;
  private finals = 0;
  private isDone = false;
  private firstToken = Number.NaN;
  private readonly ages: number[] = [];

  constructor(private readonly scenario: Scenario) {}

  take(text: string, begunAt: number): void {
    const now = performance.now();
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) this.read(block, now, begunAt);
  }

  end(status: number): Streamed {
    const { scenario, text, last, finals, isDone } = this;
    const isText = scenario.dated ? this.ages.length === scenario.tokens : text === wholeText(scenario);
    if (!isText || finals !== 1 || !isDone || last !== scenario.tokens + 1 || this.rest !== '') {
      const facts = `status ${status}, ${last} events, ${finals} endings, ${text.length} characters`;
      throw new Error(`A stream is not what the model said: ${facts}.`);
    }
    return { firstToken: this.firstToken, ages: this.ages };
  }

  private read(block: string, now: number, begunAt: number): void {
    if (block === 'data: [DONE]') this.isDone = true;
    const [, , number, token = '""', isFinal] = TOKEN.exec(block) ?? [];
    if (number === undefined) return;
    if (Number(number) !== this.last + 1) throw new Error(`Event ${number} came after event ${this.last}.`);
    this.last += 1;
    if (isFinal === 'true') this.finals += 1;
    else this.hear(JSON.parse(token), now, begunAt);
  }

  private hear(token: string, now: number, begunAt: number): void {
    if (this.last === 1) this.firstToken = now - begunAt;
    if (this.scenario.dated) this.ages.push(performance.timeOrigin + now - Number(token));
    else this.text += token;
  }
}

/** The bytes of an answer that are read and thrown away: of a subject that does not speak our frames. Throws where they
 *  are too few. */
export async function drain(subject: Subject, asked: Asked): Promise<void> {
  let bytes = 0;
  for await (const piece of await open(subject, asked)) bytes += piece.length;
  if (bytes < wholeText(asked.scenario).length) throw new Error(`${bytes} bytes are less than the model said.`);
}
