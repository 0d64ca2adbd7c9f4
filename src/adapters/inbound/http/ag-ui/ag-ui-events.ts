import type { Usage } from '../../../../domain/run.js';
import type { RunEnd } from '../../../../domain/run-event.js';
import { eventWithoutId } from '../sse-frames.js';
import type { AskedRun } from './run-input.js';

/** The events of AG-UI, as frames. What an event does not have is not there: the client refuses null. */

export function agUiEvent(type: string, fields: object = {}): string {
  return eventWithoutId(JSON.stringify({ type, ...fields }));
}

/** A piece of text or of reasoning: every token comes by here. */
export function contentEvent(type: string, messageId: string, delta: string): string {
  return eventWithoutId(`{"type":"${type}","messageId":${JSON.stringify(messageId)},"delta":${JSON.stringify(delta)}}`);
}

export function startedEvent({ threadId, runId }: AskedRun, run?: string): string {
  const metadata = run === undefined ? undefined : { runId: run };
  return agUiEvent('RUN_STARTED', { threadId, runId, protocolVersion: '1.0', metadata });
}

/** What the run leaves to be settled: by the client, or by a person. */
export interface LeftOpen {
  readonly calls: readonly string[];
  readonly approvals: readonly { readonly callId: string; readonly toolName: string }[];
}

/** A client of before 1.0 refuses the names of the calls that it is to make. */
export function finishedEvent(asked: AskedRun, { calls, approvals }: LeftOpen, end?: Told): string {
  const { threadId, runId, protocolVersion } = asked;
  const pending = protocolVersion !== undefined && calls.length > 0 ? { pendingToolCallIds: calls } : {};
  const outcome =
    approvals.length > 0
      ? { type: 'interrupt', interrupts: approvals.map(interrupt) }
      : { type: 'success', ...pending };
  const usage = end?.usage === undefined ? undefined : [usageOf(end.usage, end.model)];
  return agUiEvent('RUN_FINISHED', { threadId, runId, outcome, usage });
}

type Told = Pick<RunEnd, 'usage' | 'model'>;

function usageOf({ inputTokens, outputTokens, totalTokens }: Usage, model: string | undefined) {
  return { model, inputTokens, outputTokens, totalTokens };
}

function interrupt({ callId, toolName }: LeftOpen['approvals'][number]) {
  const message = `${toolName} may be used only when somebody agrees.`;
  return { id: callId, reason: 'tool_call', message, toolCallId: callId, responseSchema: RESPONSE };
}

const RESPONSE = {
  type: 'object',
  properties: {
    approved: { type: 'boolean' },
    arguments: { type: 'object', description: 'In place of those that the model wrote.' },
    feedback: { type: 'string', description: 'Told to the model when it is refused.' },
  },
};
