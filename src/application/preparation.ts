import { LlmError } from '../domain/errors.js';
import type { Message } from '../domain/message.js';
import type { Run, RunError } from '../domain/run.js';
import { whileStoreIsAway } from './patience.js';
import type { SessionRepository } from './ports/session-repository.js';
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
    private readonly sessions: Pick<SessionRepository, 'latestMessages'>,
    private readonly milliseconds = PREPARATION_MILLISECONDS,
    private readonly maxCharacters = MAX_HISTORY_CHARACTERS,
  ) {}

  /** The session's messages up to the run's own. Tries again while the store is away, and not for ever: a reading that
   *  never comes to its end would keep the session busy.
   *  Throws PreparationTooSlow, LlmError when they are more than can be sent, the reason of `signal` when it aborts
   *  meanwhile. */
  async history(run: Run, signal: AbortSignal): Promise<readonly Message[]> {
    const limit = new AbortController();
    const late = setTimeout(() => limit.abort(new PreparationTooSlow()), this.milliseconds);
    const either = AbortSignal.any([signal, limit.signal]);
    try {
      return await unlessAborted(
        whileStoreIsAway(() => this.read(run, either), either),
        either,
      );
    } finally {
      clearTimeout(late);
    }
  }

  private async read(run: Run, signal: AbortSignal): Promise<readonly Message[]> {
    const history: Message[] = [];
    let characters = 0;
    for await (const page of this.sessions.latestMessages(run.sessionId, run.id)) {
      signal.throwIfAborted();
      for (const { content } of page) characters += content.length;
      if (characters > this.maxCharacters) throw new LlmError('upstream_too_long', { detail: 'not asked' });
      history.push(...page);
    }
    return history.reverse();
  }
}
