import type { Answer, Message, OpenCall, Session } from 'agent-runtime/client';
import { Answering } from './answering.js';
import type { ConversationOptions } from './conversation-options.js';
import { callsIn, newerHistory, withRun, withSaying } from './history.js';
import { Outbox, type Saying } from './outbox.js';
import type { Said } from './said.js';
import { isMissing, isUnauthorized, type Trouble, wordsOf } from './trouble.js';

const INCLUDE = ['reasoning', 'usage'] as const;

/** One session as it is seen: its history, and behind it the answer that is being written. */
export class Conversation {
  readonly sessionId: string;
  isLoading = false;
  /** Whom the next message is for, unless it says otherwise. */
  agent: string | undefined;
  openCalls: readonly OpenCall[] = [];
  trouble: Trouble | undefined;
  private history: readonly Said[] = [];
  /** What was said and not taken, so far or for good. */
  private unsent: Saying | undefined;
  private updatedAt: string | undefined;
  private readonly outbox: Outbox;
  readonly answering: Answering;
  private readonly left = new AbortController();

  constructor(private readonly options: ConversationOptions) {
    this.sessionId = options.sessionId;
    this.outbox = new Outbox(options.sessionId);
    this.answering = new Answering(this.left.signal, options);
  }

  get messages(): readonly Said[] {
    const { messages: live } = this.answering;
    if (live.length > 0) return [...this.history, ...live];
    return this.unsent === undefined ? this.history : withSaying(this.history, this.unsent);
  }

  /** Whether an answer is on its way. */
  get isAnswering(): boolean {
    return this.answering.isGoingOn;
  }

  /** Whether nothing of that answer is there yet. */
  get isSilent(): boolean {
    return this.isAnswering && this.answering.messages.length === 0;
  }

  async load(): Promise<void> {
    this.isLoading = true;
    this.options.changed();
    await this.refresh();
    this.isLoading = false;
    this.recall();
    this.options.changed();
  }

  /** Looks for what is new, and follows the answer that is being written. */
  async refresh(): Promise<void> {
    if (this.isAnswering) return;
    try {
      await this.catchUp(false);
    } catch (error) {
      if (!isMissing(error)) this.fail(error, () => void this.refresh());
      else if (this.history.length > 0 && this.trouble === undefined) this.fail(error, undefined);
    }
  }

  /** Says something: new, in the place of a turn, or the same again. */
  async say(saying: Saying): Promise<void> {
    if (this.isAnswering) return;
    this.unsent = saying;
    this.trouble = undefined;
    if (saying.content !== undefined) this.outbox.keep(saying);
    const onBusy = this.openCalls.length > 0 ? 'interrupt' : 'reject';
    const choice = this.options.choice(this.messages.at(-1)?.content ?? '');
    const { refusal } = await this.send({ onBusy, include: INCLUDE, ...choice, ...saying, sessionId: this.sessionId });
    if (refusal !== undefined) this.fail(refusal, () => void this.say(saying));
  }

  /** Decides about a call, or tells what came of it. */
  async settle(message: Message): Promise<void> {
    if (this.isAnswering) return;
    this.trouble = undefined;
    const { refusal } = await this.send({ include: INCLUDE, ...message });
    if (refusal === undefined) return;
    await this.refresh();
    this.fail(refusal, undefined);
  }

  async stop(): Promise<void> {
    await this.answering.stop().catch((error: unknown) => this.fail(error, undefined));
  }

  /** Nobody looks at it any more; the answer goes on without this page. */
  leave(): void {
    this.left.abort();
  }

  /** A message that was on its way when the page was left. */
  private recall(): void {
    const last = this.history.findLast(({ role }) => role === 'user');
    const unsent = this.isAnswering ? undefined : this.outbox.recall(last?.content);
    if (unsent === undefined) return;
    this.unsent = unsent;
    this.trouble = { words: 'This message was not sent.', again: () => void this.say(unsent) };
  }

  /** Resolves when what came of it was read to its end, or with why it was not taken. */
  private async send(message: Message): Promise<{ refusal?: unknown }> {
    const answer = this.options.runtime.send(message, this.answering.reading);
    const { openCalls } = this;
    this.openCalls = [];
    this.answering.begin(answer);
    let runId: string | undefined;
    try {
      runId = await answer.started();
      if (message.type === undefined) this.begin(runId ?? '');
      else await this.readHistory(runId);
      // The message has skipped them.
      if (message.type === undefined && openCalls.length > 0) void this.readHistory(runId).catch(() => {});
      this.options.happened();
    } catch (refusal) {
      this.answering.end();
      this.openCalls = openCalls;
      return { refusal };
    }
    await this.follow(answer, runId);
    return {};
  }

  private begin(runId: string): void {
    this.history = withRun(this.messages, runId);
    this.unsent = undefined;
    this.outbox.empty();
  }

  /** Reads an answer to its end. */
  private async follow(answer: Answer, runId: string | undefined): Promise<void> {
    try {
      await this.answering.read(answer, runId, callsIn(this.history));
      this.openCalls = this.answering.openCalls;
      this.end();
      if (runId !== undefined) void this.options.records.renew(runId);
      await this.catchUp(true);
      this.options.happened();
    } catch (error) {
      // Its stream is not kept any more, or cannot be read: the history will have what it wrote.
      this.end();
      this.updatedAt = undefined;
      this.fail(error, () => void this.refresh());
    }
  }

  private end(): void {
    this.history = [...this.history, ...this.answering.messages];
    this.answering.end();
  }

  /** `isWhole`: what is shown is what has come so far, so only what others did can be new. */
  private async catchUp(isWhole: boolean): Promise<void> {
    const { sessions } = this.options.runtime;
    const { signal } = this.left;
    const session = await sessions.get(this.sessionId, { signal });
    const { active_run_id: runId } = session;
    const isNew = !this.shows(session, isWhole);
    const page = isNew || runId !== null ? await sessions.messages(this.sessionId, { signal }) : undefined;
    // Where something was said meanwhile, whoever reads its answer will look again.
    if (this.isAnswering) return;
    if (page !== undefined) this.history = newerHistory(page.messages, this.history, runId);
    if (isNew && this.unsent === undefined) this.trouble = undefined;
    this.take(session);
    if (runId !== null) void this.follow(this.options.runtime.resume(runId, this.answering.reading), runId);
  }

  private shows({ updated_at, message_count }: Session, isWhole: boolean): boolean {
    return (isWhole || updated_at === this.updatedAt) && message_count === this.history.length;
  }

  private take({ agent, open_calls = [], updated_at }: Session): void {
    this.agent = agent;
    this.openCalls = open_calls;
    this.updatedAt = updated_at;
    this.options.changed();
  }

  private async readHistory(runId: string | undefined): Promise<void> {
    const { messages } = await this.options.runtime.sessions.messages(this.sessionId, { signal: this.left.signal });
    if (!this.isAnswering) return;
    this.history = newerHistory(messages, this.history, runId);
    this.options.changed();
  }

  private fail(error: unknown, again: (() => void) | undefined): void {
    if (this.left.signal.aborted) return;
    this.trouble = { words: wordsOf(error), again };
    if (isUnauthorized(error)) this.options.refused();
    this.options.changed();
  }
}
