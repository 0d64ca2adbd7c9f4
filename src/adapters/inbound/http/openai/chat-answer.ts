import type { RunEnd, RunEvent, RunFailure } from '../../../../domain/run-event.js';
import type { ToolCall } from '../../../../domain/tool-call.js';
import type { ReadableRun } from '../native/stream-run.js';

/** A run that has come to its end, read from its events. */
export interface ChatAnswer {
  readonly text: string;
  readonly reasoning: string;
  /** Those that are left to the client. */
  readonly calls: readonly ToolCall[];
  readonly failure: RunFailure | undefined;
  readonly end: RunEnd;
}

/** Undefined when the events stopped before the ending: the client has left. */
export async function collectChatAnswer({ read }: ReadableRun, signal: AbortSignal): Promise<ChatAnswer | undefined> {
  const draft = new Draft();
  await read(signal, (batch) => {
    for (const event of batch) draft.add(event);
    return undefined;
  });
  return draft.answer;
}

class Draft {
  private text = '';
  private reasoning = '';
  private calls: readonly ToolCall[] = [];
  private failure: RunFailure | undefined;
  private end: RunEnd | undefined;

  get answer(): ChatAnswer | undefined {
    const { text, reasoning, failure, end } = this;
    if (end === undefined) return undefined;
    return { text, reasoning, calls: end.finishReason === 'tool_calls' ? this.calls : [], failure, end };
  }

  add(event: RunEvent): void {
    if (event.type === 'text-delta') this.text += event.text;
    else if (event.type === 'reasoning-delta') this.reasoning += event.text;
    else if (event.type === 'tool-call') this.calls = [...this.calls, event];
    else if (event.type === 'tool-result') this.calls = this.calls.filter(({ callId }) => callId !== event.callId);
    else if (event.type === 'run-failure') this.failure = event;
    else if (event.type === 'run-end') this.end = event;
  }
}
