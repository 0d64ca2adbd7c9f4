import { type Fields, isFields } from '../../../../domain/fields.js';
import type { OpenCall } from '../../../../domain/reply-step.js';
import type { Settlement } from '../../../../domain/settling.js';
import type { UiMessage, UiPart } from './chat-request.js';

/** What a page says of calls in an answer that it sends back: of those that are open, or, where none is, of those of
 *  its last step, which it may have said before. */
export function settlementsIn({ parts }: UiMessage, open: readonly OpenCall[]): readonly Settlement[] {
  const said = parts.flatMap((part) => saidOf(part) ?? []);
  const ofOpen = said.filter(({ callId }) => open.some((call) => call.callId === callId));
  if (ofOpen.length > 0) return ofOpen;
  const lastStep = parts.slice(parts.findLastIndex(({ type }) => type === 'step-start') + 1);
  return lastStep.flatMap((part) => saidOf(part) ?? []);
}

/** Undefined where the part says nothing new: what a server has run is known already. */
function saidOf(part: UiPart): Settlement | undefined {
  const { toolCallId: callId, state, approval } = part;
  if (typeof callId !== 'string') return undefined;
  if (state === 'approval-responded' && isFields(approval)) return decisionOn(callId, approval);
  if (part.providerExecuted === true) return undefined;
  if (state === 'output-available' && part.preliminary !== true)
    return { callId, status: 'ok', content: contentOf(part.output) };
  if (state === 'output-error') return { callId, status: 'error', content: errorIn(part.errorText) };
  return undefined;
}

function decisionOn(callId: string, { approved, reason }: Fields): Settlement | undefined {
  if (approved === true) return { callId, decision: 'approve' };
  if (approved !== false) return undefined;
  return { callId, decision: 'reject', feedback: typeof reason === 'string' ? reason : undefined };
}

function contentOf(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output ?? null);
}

function errorIn(text: unknown): string {
  return typeof text === 'string' && text !== '' ? text : 'The tool failed.';
}
