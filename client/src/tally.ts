import type { Final } from './final.js';
import type { ErrorFrame, FinishReason, Frame, OpenCall, Run, RunError, ToolCallFrame, Usage } from './wire.js';

/** What the frames of an answer say together. */
export class Tally {
  finishReason: FinishReason | undefined;
  private text = '';
  private usage: Usage | undefined;
  private error: RunError | undefined;
  private readonly calls = new Map<string, OpenCall>();

  add(frame: Frame): void {
    if (frame.type === 'assistant_message') {
      this.text += frame.token;
      if (frame.is_final) this.finishReason = frame.finish_reason ?? 'stop';
    }
    if (frame.type === 'error') this.error = errorOf(frame);
    if (frame.type === 'usage') this.usage = usageOf(frame);
    if (frame.type === 'tool_call') this.calls.set(frame.call_id, callOf(frame));
    if (frame.type === 'tool_result') this.calls.delete(frame.call_id);
  }

  /** With what the service keeps of the run, and which calls it says are open, where it can be asked. */
  final(runId: string | undefined, run: Run | undefined, openCalls: readonly OpenCall[] | undefined): Final {
    const finishReason = this.finishReason ?? run?.finish_reason ?? null;
    return {
      text: this.text,
      finishReason,
      usage: this.usage ?? run?.usage ?? null,
      openCalls: finishReason === 'tool_calls' ? (openCalls ?? [...this.calls.values()]) : [],
      runId,
      model: run?.model ?? null,
      error: this.error ?? run?.error ?? undefined,
    };
  }
}

function errorOf({ code, error, retryable }: ErrorFrame): RunError {
  return { code, message: error, retryable };
}

function usageOf({ prompt_tokens, completion_tokens, total_tokens }: Usage): Usage {
  return { prompt_tokens, completion_tokens, total_tokens };
}

function callOf({ call_id, tool_name, arguments: given, requires_approval }: ToolCallFrame): OpenCall {
  return { call_id, tool_name, arguments: given, state: requires_approval ? 'awaiting_approval' : 'open' };
}
