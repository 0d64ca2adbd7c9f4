import type { AgentRuntime } from 'agent-runtime/client';
import { callsIn } from './history.js';
import { LiveAnswer } from './live-answer.js';
import type { Said } from './said.js';

/** What models thought in answers that are over. No history has it, so the stream of the run is read once more, for as
 *  long as the service keeps that. */
export class Thoughts {
  private readonly asked = new Set<string>();
  private readonly found = new Map<string, string>();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly runtime: AgentRuntime,
    private readonly changed: () => void,
  ) {}

  /** Undefined where there is nothing, as far as is known. */
  of(messageId: string): string | undefined {
    return this.found.get(messageId);
  }

  /** Asks for those of an answer that somebody sees among these messages, once; one run after the other. */
  want({ run_id: runId, status, reasoning = '' }: Said, messages: readonly Said[]): void {
    if (this.asked.has(runId) || runId === '') return;
    this.asked.add(runId);
    // They were there when they came.
    if (status === 'writing' || reasoning !== '') return;
    // A stream that is not kept any more is nothing that somebody has to hear of.
    const known = callsIn(messages.filter(({ run_id }) => run_id !== runId));
    this.reading = this.reading.then(() => this.read(runId, known)).catch(() => {});
  }

  /** A model that thinks does so first: an answer that begins with words is not read to its end. */
  private async read(runId: string, known: ReadonlySet<string>): Promise<void> {
    const leaving = new AbortController();
    const answer = new LiveAnswer(runId, known);
    for await (const frame of this.runtime.resume(runId, { signal: leaving.signal })) {
      answer.take(frame);
      const first = answer.messages.find(({ role }) => role === 'assistant');
      if (first !== undefined && (first.reasoning ?? '') === '') return leaving.abort();
    }
    for (const { id, reasoning = '' } of answer.messages) if (reasoning !== '') this.found.set(id, reasoning);
    this.changed();
  }
}
