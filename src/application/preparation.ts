import type { Agent } from '../domain/agent.js';
import { LlmError } from '../domain/errors.js';
import type { Message } from '../domain/message.js';
import type { PromptMessage } from '../domain/prompt-message.js';
import type { Run, RunError } from '../domain/run.js';
import type { ToolDefinition } from '../domain/tool.js';
import { promptOfTranscript, transcriptOf } from '../domain/transcript.js';
import { sessionKeyOf } from './ledger/session-key.js';
import { ownAbort } from './own-abort.js';
import { whileStoreIsAway } from './patience.js';
import type { SessionRepository } from './ports/session-repository.js';
import type { PromptBudget } from './prompt-budget.js';
import { PromptMeter } from './prompt-meter.js';
import { unlessAborted } from './unless-aborted.js';

/** For a store that was away to come back, too. */
const PREPARATION_MILLISECONDS = 60_000;
/** Written as JSON, where a character may take six, this is still a string that can be made. */
const MAX_HISTORY_CHARACTERS = 80 * 1024 * 1024;

/** The session could not be read in time. */
export class PreparationTooSlow extends Error {}

export const NOT_PREPARED: RunError = {
  code: 'store_unavailable',
  message: 'The session could not be read in time; send the message again.',
  retryable: true,
};

/** Reads what a run's prompt is made of. */
export class Preparation {
  constructor(
    private readonly sessions: Pick<SessionRepository, 'latestMessages' | 'find'>,
    private readonly budget: PromptBudget,
    private readonly milliseconds = PREPARATION_MILLISECONDS,
    private readonly maxCharacters = MAX_HISTORY_CHARACTERS,
  ) {}

  /** The session's messages up to the run's own, from the end on only as far as a prompt may hold. Tries again while
   *  the store is away, and not for ever: a reading that never comes to its end would keep the session busy.
   *  Throws PreparationTooSlow, LlmError when they are more than can be sent, the reason of `signal` when it aborts
   *  meanwhile. */
  async history(run: Run, asked: Asked, signal: AbortSignal): Promise<ReadHistory> {
    const transcript = transcriptOf(run);
    if (transcript !== undefined) return this.brought(promptOfTranscript(transcript), asked);
    const own = ownAbort(signal);
    const late = setTimeout(() => own.abort(new PreparationTooSlow()), this.milliseconds);
    try {
      return await unlessAborted(
        whileStoreIsAway(() => this.read(run, asked, own.signal), own.signal),
        own.signal,
      );
    } finally {
      clearTimeout(late);
      own.letGo();
    }
  }

  private async read(run: Run, { agent, tools }: Asked, signal: AbortSignal): Promise<ReadHistory> {
    const history: Message[] = [];
    const meter = new PromptMeter(this.budget, agent, tools);
    let characters = 0;
    for await (const page of this.sessions.latestMessages(sessionKeyOf(run), run.id)) {
      signal.throwIfAborted();
      for (const { content } of page) characters += content.length;
      if (characters > this.maxCharacters) throw new LlmError('upstream_too_long', { detail: 'not asked' });
      history.push(...page);
      if (await meter.isFullWith(page)) return this.cut(run, history, meter);
    }
    return { messages: history.reverse(), tellable: undefined, meter };
  }

  /** The client has brought it along: nothing is read, and nothing is left out of it. */
  private brought(prompt: readonly PromptMessage[], { agent, tools }: Asked): ReadHistory {
    return { messages: [], tellable: undefined, meter: new PromptMeter(this.budget, agent, tools), brought: prompt };
  }

  private async cut(run: Run, history: Message[], meter: PromptMeter): Promise<ReadHistory> {
    const { tellableCount } = await this.sessions.find(sessionKeyOf(run));
    return { messages: history.reverse(), tellable: tellableCount, meter };
  }
}

/** Who is asked, and what it may ask for. */
export interface Asked {
  readonly agent: Agent;
  readonly tools: readonly ToolDefinition[];
}

/** What was read of a history: its end. */
export interface ReadHistory {
  readonly messages: readonly Message[];
  /** How many messages could be told, were there room for them; undefined where all were read. */
  readonly tellable: number | undefined;
  readonly meter: PromptMeter;
  /** What the client has brought along in its place. */
  readonly brought?: readonly PromptMessage[];
}
