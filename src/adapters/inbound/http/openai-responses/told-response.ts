import type { TakeEvents } from '../../../../application/ports/run-journal.js';
import type { RunReplay } from '../../../../application/run-replay.js';
import type { Run } from '../../../../domain/run.js';
import { isEnded } from '../../../../domain/run.js';
import type { RunFailure } from '../../../../domain/run-event.js';
import type { ReadableRun } from '../native/stream-run.js';
import { ResponseDraft } from './response-draft.js';
import type { ResponseState } from './response-view.js';

/** How far a response has come, and why it failed. */
export interface ToldResponse {
  readonly state: ResponseState;
  readonly failure?: RunFailure | undefined;
}

/** Reads a run to its end; undefined when `signal` aborts before. */
export async function endedResponse(
  { run, read }: ReadableRun,
  signal: AbortSignal,
): Promise<ToldResponse | undefined> {
  let failure: RunFailure | undefined;
  const draft = new ResponseDraft(run.id, () => undefined);
  const take: TakeEvents = (batch) => {
    for (const event of batch) {
      if (event.type === 'run-failure') failure = event;
      draft.add(event);
    }
    return undefined;
  };
  await read(signal, take);
  return draft.ended && { state: draft.ended, failure };
}

/** A run as it stands: its output is told when it has ended. */
export async function responseNow(run: Run, replay: RunReplay, signal: AbortSignal): Promise<ResponseState> {
  const told = isEnded(run) ? await endedResponse(await replay.again(run), signal) : undefined;
  return told?.state ?? { status: run.status === 'queued' ? 'queued' : 'in_progress', output: [] };
}
