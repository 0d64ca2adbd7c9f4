import type { CallResult } from '../domain/reply-step.js';
import type { Run } from '../domain/run.js';
import type { JournalledEvent } from '../domain/run-event.js';
import type { ToolCall } from '../domain/tool-call.js';
import { whileStoreIsAway } from './patience.js';
import type { RunRepository } from './ports/run-repository.js';
import type { ReplyDraft } from './reply-draft.js';
import { type ServedCallsParts, servedResults } from './served-calls.js';
import { callEvents, resultEvent } from './tool-use.js';

type Append = (run: Run, events: readonly JournalledEvent[], signal: AbortSignal) => Promise<void> | undefined;

/** The calls that servers run within a run. They are in the journal before they are made: whoever takes the run over
 *  makes none again. */
export class MadeCalls {
  constructor(
    private readonly parts: ServedCallsParts,
    private readonly runs: Pick<RunRepository, 'keepResults'>,
    private readonly append: Append,
  ) {}

  /** Calls of the run before that a person has allowed. What came of them belongs to that run. */
  async allowed(run: Run, draft: ReplyDraft, signal: AbortSignal): Promise<void> {
    const calls = run.continues?.allowed ?? [];
    if (calls.length === 0) return;
    const events = callEvents(calls, draft.lastSequence);
    await this.append(run, events, signal);
    draft.keep(events);
    await this.make(run, draft, calls, signal, (result) => this.runs.keepResults(run, [result]));
  }

  /** Each result is told when it has come. */
  async make(
    run: Run,
    draft: ReplyDraft,
    calls: readonly ToolCall[],
    signal: AbortSignal,
    keep?: (result: CallResult) => Promise<void>,
  ): Promise<void> {
    draft.making = calls;
    for await (const result of servedResults(calls, this.parts, signal)) {
      const event = resultEvent(result, calls, draft.lastSequence);
      await this.append(run, [event], signal);
      if (keep !== undefined) await whileStoreIsAway(() => keep(result), signal);
      draft.keepResult(result, event);
    }
  }
}
