import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../support/service-process.js';
import type { SseClient, SseFrame } from '../support/sse-client.js';
import { type Plan, planOf } from './plan.js';

export interface LaneOptions {
  readonly service: ServiceProcess;
  readonly seed: number;
  /** Numbers of messages, each taken once. */
  readonly numbers: Iterator<number>;
  readonly isOver: () => boolean;
}

/** What the streams of all lanes came to. */
export interface StreamCounts {
  whole: number;
  slow: number;
  cuts: number;
  faults: number;
  readonly wrong: string[];
}

const MESSAGES_PER_SESSION = 5;
const SLOW_PAUSE_MS = 40;

const CODES = { error: 'upstream_error', truncation: 'upstream_truncated', stall: 'upstream_timeout' } as const;

/** One client after the other, each with one message, until it is over; a session now and then deleted for a new
 *  one. */
export async function keepTalking(lane: string, { service, seed, numbers, isOver }: LaneOptions, counts: StreamCounts) {
  for (let turn = 0; !isOver(); turn += 1) {
    const session = `${lane}-${Math.floor(turn / MESSAGES_PER_SESSION)}`;
    const number: number = numbers.next().value;
    const plan = planOf(seed, number);
    try {
      check(await read(service, session, plan, counts), plan);
      count(plan, counts);
    } catch (error) {
      counts.wrong.push(`message ${number} in ${session}, ${plan.reader} reader: ${error}`);
    }
    if ((turn + 1) % MESSAGES_PER_SESSION === 0) await service.delete(`/agent/sessions/${session}`);
  }
}

function count({ reader, fault }: Plan, counts: StreamCounts): void {
  counts.whole += 1;
  if (reader === 'slow') counts.slow += 1;
  if (fault !== undefined) counts.faults += 1;
}

/** Every frame of the answer, however many connections it took. */
async function read(
  service: ServiceProcess,
  session: string,
  { content, reader, cuts }: Plan,
  counts: StreamCounts,
): Promise<readonly SseFrame[]> {
  const frames: SseFrame[] = [];
  let stream = await service.send({ session_id: session, content });
  const { runId } = stream;
  for (const cut of reader === 'cut' ? cuts : []) {
    if (!(await cutAfter(stream, cut))) break;
    counts.cuts += 1;
    frames.push(...stream.frames);
    const lastId = frames.findLast(({ id }) => id !== undefined)?.id ?? `${runId}-0`;
    stream = await service.follow(`/agent/runs/${runId}/stream`, { 'Last-Event-ID': lastId });
    // Cut between the ending and [DONE].
    if (stream.status === 204) return [...frames, { id: undefined, data: '[DONE]' }];
  }
  if (reader === 'slow') await takeSlowly(stream);
  await stream.ended();
  if (stream.status !== 200 || !stream.isWhole) throw new Error(`status ${stream.status}, cut: ${!stream.isWhole}`);
  return [...frames, ...stream.frames];
}

/** False when the stream is at its end before that. */
async function cutAfter(stream: SseClient, frames: number): Promise<boolean> {
  const isAtEnd = () => stream.frames.at(-1)?.data === '[DONE]';
  await stream.until(() => isAtEnd() || stream.frames.length >= frames);
  if (isAtEnd()) return false;
  stream.cut();
  return true;
}

async function takeSlowly(stream: SseClient): Promise<void> {
  while (stream.frames.at(-1)?.data !== '[DONE]') {
    const taken = stream.frames.length;
    await stream.until(() => stream.frames.length > taken);
    stream.pause();
    await delay(SLOW_PAUSE_MS);
    stream.resume();
  }
}

/** Throws unless these are exactly the frames of the answer. */
function check(frames: readonly SseFrame[], { tokens, fault }: Plan): void {
  const numbers = frames.flatMap(({ id }) => (id === undefined ? [] : [Number(id.split('-')[1])]));
  if (numbers.some((number, index) => number !== index + 1)) throw new Error(`ids ${numbers.join(' ')}`);
  if (frames.at(-1)?.data !== '[DONE]') throw new Error('no [DONE] at the end');
  const payloads = frames.slice(0, -1).map(({ data }) => JSON.parse(data));
  const text = payloads.map(({ token = '' }) => token).join('');
  if (text !== tokens.join('')) throw new Error(`${text.length} characters, not ${tokens.join('').length}`);
  const codes = payloads.flatMap(({ type, code }) => (type === 'error' ? [code] : []));
  const wanted = fault === undefined ? [] : [CODES[fault]];
  if (codes.join() !== wanted.join()) throw new Error(`errors ${codes.join()}, not ${wanted.join()}`);
  if (payloads.filter(({ is_final }) => is_final === true).length !== 1) throw new Error('not one ending');
}
