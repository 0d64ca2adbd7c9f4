import type { CompletionPart, CompletionRequest, LlmGateway } from '../../src/application/ports/llm-gateway.js';
import type { RunJournal, TakeEvents } from '../../src/application/ports/run-journal.js';
import type { PromptMessage } from '../../src/domain/prompt-message.js';
import type { RunEvent } from '../../src/domain/run-event.js';

/** What `give` hands over, to be read in a loop: it is taken when the next batch is asked for. Nothing is given before
 *  the first one is. Leaving the loop fails the taking. */
async function* pulled<Batch>(
  give: (take: (batch: Batch) => Promise<void>) => Promise<void>,
): AsyncGenerator<Batch, void, undefined> {
  let handed = Promise.withResolvers<Batch>();
  let taken = Promise.withResolvers<void>();
  const over = Symbol('over');
  const giving = give((batch) => {
    taken = Promise.withResolvers();
    handed.resolve(batch);
    return taken.promise;
  }).then((): typeof over => over);
  try {
    while (true) {
      const batch = await Promise.race([handed.promise, giving]);
      if (batch === over) return;
      handed = Promise.withResolvers();
      yield batch;
      taken.resolve();
    }
  } finally {
    taken.promise.catch(() => {});
    taken.reject(new Error('the loop was left'));
    await giving.catch(() => {});
  }
}

/** A model's answer, to be read in a loop. */
export function answerOf(
  gateway: LlmGateway,
  prompt: readonly PromptMessage[],
  signal: AbortSignal,
  fields: Partial<CompletionRequest> = {},
): AsyncGenerator<readonly CompletionPart[], void, undefined> {
  return pulled((take) => gateway.complete(aRequest(prompt, fields), signal, take));
}

/** What a model is asked where only the prompt matters. */
export function aRequest(prompt: readonly PromptMessage[], fields: Partial<CompletionRequest> = {}): CompletionRequest {
  return { model: 'some-model', prompt, options: {}, ...fields };
}

/** What `journal` has after a position, and then gets, to be read in a loop. Leaving the loop ends the reading. */
export function eventsOf(
  journal: RunJournal,
  runId: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<readonly RunEvent[], void, undefined> {
  return eventsFor({ read: (reading, take) => journal.read(runId, after, reading, take) }, signal);
}

/** What there is to be read, in a loop. */
export function eventsFor(
  readable: { read(signal: AbortSignal, take: TakeEvents): Promise<void> },
  signal: AbortSignal,
): AsyncGenerator<readonly RunEvent[], void, undefined> {
  return pulled((take) => readable.read(signal, take));
}
