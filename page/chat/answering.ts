import type { Answer, ConnectionState, OpenCall, ReadOptions } from 'agent-runtime/client';
import type { ConversationOptions } from './conversation-options.js';
import { LiveAnswer } from './live-answer.js';
import type { Said } from './said.js';

/** The answer that is on its way, where there is one. */
export class Answering {
  /** Whether its connection was cut, and is not back yet. */
  isReconnecting = false;
  private answer: Answer | undefined;
  private live: LiveAnswer | undefined;

  constructor(
    private readonly signal: AbortSignal,
    private readonly told: Pick<ConversationOptions, 'changed' | 'grown'>,
  ) {}

  get isGoingOn(): boolean {
    return this.answer !== undefined;
  }

  /** What it has written so far. */
  get messages(): readonly Said[] {
    return this.live?.messages ?? [];
  }

  /** The calls that it ended with. */
  get openCalls(): readonly OpenCall[] {
    return this.live?.openCalls ?? [];
  }

  /** How it is to be asked for. */
  get reading(): ReadOptions {
    return {
      signal: this.signal,
      onConnection: (state: ConnectionState) => {
        this.isReconnecting = state === 'waiting' || (this.isReconnecting && state === 'connecting');
        this.told.changed();
      },
    };
  }

  begin(answer: Answer): void {
    this.answer = answer;
    this.told.changed();
  }

  /** To its end. `known` are calls that are shown already. */
  async read(answer: Answer, runId: string | undefined, known: ReadonlySet<string>): Promise<void> {
    this.begin(answer);
    const live = new LiveAnswer(runId ?? '', known);
    this.live = live;
    for await (const frame of answer) {
      live.take(frame);
      this.told.grown();
    }
  }

  end(): void {
    this.answer = undefined;
    this.live = undefined;
    this.isReconnecting = false;
    this.told.changed();
  }

  /** What it has written is kept, and its ending is still to be read. */
  async stop(): Promise<void> {
    await this.answer?.cancel();
  }
}
