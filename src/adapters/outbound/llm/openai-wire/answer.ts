import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { isFields } from '../../../../domain/fields.js';
import { CallDrafts } from './call-drafts.js';
import { parseAsWritten, parseData } from './chunk.js';
import { Ending } from './ending.js';
import { meaningOf } from './finish-word.js';
import { type ChunkContent, mapChunk, notAChunk } from './map-chunk.js';
import { errorReported } from './map-error.js';
import { isKeepAlive } from './says-nothing.js';
import type { SseMessage } from './sse-decoder.js';
import { Transcript } from './transcript.js';

/** One answer as it comes in: its text, its calls, and the proof that it is whole. */
export class Answer {
  private readonly ending = new Ending();
  private readonly transcript = new Transcript();
  private heardIndex: number | undefined;
  private hasChoice = false;
  private hasMessages = false;
  private wasClosed = false;
  private failure: unknown;
  private readonly calls: CallDrafts | undefined;
  private hasAnnouncedCalls = false;

  /** `offered` are the names of the tools that the model may ask for. */
  constructor(offered: ReadonlySet<string> = NO_TOOLS, model = '') {
    if (offered.size > 0) this.calls = new CallDrafts(offered, model);
  }

  /** What these messages say, in order. Does not throw: a failure waits for `end`, so that the text before it is not
   *  lost. */
  accept(messages: readonly SseMessage[]): CompletionPart[] {
    const parts: CompletionPart[] = [];
    for (const message of messages) {
      if (this.isOver) break;
      this.acceptMessage(message, parts);
    }
    return parts;
  }

  /** The message the end of the stream cut off. Without the blank line that ends a message, only a `[DONE]` can be
   *  trusted. */
  acceptCutOff(message: SseMessage | undefined): void {
    if (message !== undefined && isDoneMarker(message.data)) this.accept([message]);
  }

  /** An answer in one piece, which is its own proof. Throws LlmError when it is none. */
  acceptWhole(text: string): CompletionPart[] {
    const parts: CompletionPart[] = [];
    this.acceptData(parseData(text), text, parts);
    if (!this.hasChoice)
      throw new LlmError('upstream_protocol', { detail: `${text.length} characters of JSON that are no completion` });
    this.wasClosed = true;
    return parts;
  }

  /** The upstream failed. An answer that is proven to have ended is whole all the same. */
  fail(error: unknown): void {
    if (this.ending.isProven) this.wasClosed = true;
    else this.failure ??= error;
  }

  /** What ends the answer when no more comes. Throws LlmError when it failed or is not proven whole. */
  end(): CompletionPart[] {
    if (this.hasFailed) throw this.failure;
    if (!this.ending.isSaid && !this.wasClosed) throw new LlmError('upstream_truncated');
    if (!this.ending.isSaid || this.hasAnnouncedCalls) this.requireContent();
    return [...(this.calls?.end() ?? []), this.ending.part()];
  }

  /** Nothing that may still come changes the answer. */
  get isOver(): boolean {
    return this.wasClosed || this.hasFailed;
  }

  /** The upstream has said all it had to say. */
  get isClosed(): boolean {
    return this.wasClosed;
  }

  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** The model has ended; only usage and `[DONE]` may still come. */
  get hasEnded(): boolean {
    return this.ending.isProven;
  }

  /** Not one message came. */
  get isBlank(): boolean {
    return !this.hasMessages;
  }

  private acceptMessage({ event, data }: SseMessage, parts: CompletionPart[]): void {
    this.hasMessages = true;
    try {
      if (event === undefined) this.acceptText(data.trim(), parts);
      else if (event === 'error') throw errorReported(data.trim());
      // Whatever it carries: some send a date.
      else if (!KEEP_ALIVE_EVENT.test(event)) this.acceptText(data.trim(), parts);
    } catch (error) {
      this.fail(error);
    }
  }

  private acceptText(text: string, parts: CompletionPart[]): void {
    if (isDoneMarker(text)) this.wasClosed = true;
    // Some gateways wrap their keep-alive comments in `data:`.
    else if (text !== '' && !text.startsWith(':')) this.acceptData(parseData(text), text, parts);
  }

  private acceptData(data: unknown, text: string, parts: CompletionPart[]): void {
    if (isFields(data)) this.acceptContent(mapChunk(data, text, this.heardIndex), parts);
    else if (Array.isArray(data)) this.acceptList(parseAsWritten(text), text, parts);
    else if (!isKeepAlive(data === undefined ? text : data)) throw notAChunk(text);
  }

  /** Some servers put a chunk, or an error, in a list of its own. */
  private acceptList(list: unknown, text: string, parts: CompletionPart[]): void {
    if (!Array.isArray(list)) throw notAChunk(text);
    for (const entry of list) {
      if (isFields(entry)) this.acceptContent(mapChunk(entry, text, this.heardIndex), parts);
      else if (!isKeepAlive(entry)) throw notAChunk(text);
    }
  }

  private acceptContent(content: ChunkContent, parts: CompletionPart[]): void {
    if (content.hasChoice) this.acceptChoice(content, parts);
    // At once, for a run that is cancelled or fails keeps what was counted until then.
    if (content.usage !== undefined) parts.push({ type: 'usage', usage: content.usage });
  }

  private acceptChoice(
    { index, parts: said, delta, message, finishWord }: ChunkContent,
    parts: CompletionPart[],
  ): void {
    this.hasChoice = true;
    this.heardIndex ??= index;
    this.transcript.add(said);
    this.add(said, parts);
    if (message !== undefined) this.add(this.transcript.newsIn(message), parts);
    if (this.calls !== undefined) this.acceptCalls(this.calls, delta, message, parts);
    this.acceptFinish(finishWord);
  }

  private acceptCalls(calls: CallDrafts, delta: unknown, message: unknown, parts: CompletionPart[]): void {
    this.add(calls.read(delta, false), parts);
    if (message !== undefined) this.add(calls.read(message, true), parts);
  }

  private add(said: readonly CompletionPart[], parts: CompletionPart[]): void {
    if (said.length === 0) return;
    this.ending.goOn();
    for (const part of said) parts.push(part);
  }

  /** A word of failure is the model's last, whatever it said before. */
  private acceptFinish(word: string | undefined): void {
    const meaning = word === undefined ? 'not_yet' : meaningOf(word);
    if (meaning === 'not_yet') this.ending.sayNotYet();
    else if (meaning === 'tool_call') this.acceptAskedForTools();
    else if (meaning === 'failed') this.failure ??= errorReported(JSON.stringify({ error: { code: word } }));
    else this.ending.say(meaning ?? 'stop', meaning === undefined ? word : undefined);
  }

  /** What is asked for is in the calls, and the word says no more than that. */
  private acceptAskedForTools(): void {
    if (this.calls === undefined) this.failure ??= new LlmError('unsupported_tool_call');
    else this.ending.say('stop');
    this.hasAnnouncedCalls = true;
  }

  private requireContent(): void {
    if (!this.transcript.hasText && (this.calls?.isEmpty ?? true)) throw new LlmError('upstream_empty');
  }
}

/** Some servers send it with a line end of its own, or words behind it. */
function isDoneMarker(text: string): boolean {
  return text.startsWith('[DONE]');
}

const NO_TOOLS: ReadonlySet<string> = new Set();
const KEEP_ALIVE_EVENT = /^(ping|pong|heart[-_ ]?beat|keep[-_ ]?alive)$/i;
