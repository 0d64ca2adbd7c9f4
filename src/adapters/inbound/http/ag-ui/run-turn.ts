import { isBlank } from '../../../../domain/blank.js';
import { isFields } from '../../../../domain/fields.js';
import type { Decision } from '../../../../domain/settling.js';
import { resentTurn } from '../door/resent-turn.js';
import type { DoorTurn } from '../door/send-turn.js';
import { wrongFields } from '../native/user-message.js';
import { type AgUiMessage, type ResumeEntry, type RunInput, textIn, textOf } from './run-input.js';

/** What is new in the messages of a run, and what a person says of its interrupts. Throws HttpProblem 422. */
export function runTurn(input: RunInput): DoorTurn {
  const { threadId: sessionId, runId, messages, resume, choice, onBusy, onDisconnect } = input;
  refuseOther(messages);
  const { content, results } = resentTurn(messages.map(asResent));
  const settlements = [...results, ...resume.map(decisionIn)];
  if (content === undefined ? settlements.length === 0 : isBlank(content))
    throw wrongFields([{ path: 'messages', message: 'must hold something new behind the last answer' }]);
  // One client's name for a run is not to be another's key.
  return { sessionId, content, settlements, choice, onBusy, onDisconnect, idempotencyKey: `ag-ui:${runId}` };
}

function asResent(message: AgUiMessage) {
  const { role, toolCallId, error } = message;
  const callId = typeof toolCallId === 'string' ? toolCallId : undefined;
  const isError = typeof error === 'string';
  const text = textOf(message);
  return { role, text: isError && text === '' ? error : text, callId, isError };
}

/** Of what is new, each part must be text. */
function refuseOther(messages: readonly AgUiMessage[]): void {
  const answered = messages.findLastIndex(({ role }) => role === 'assistant');
  const place = messages.findIndex(
    (one, index) => index > answered && one.role === 'user' && textIn(one) === undefined,
  );
  if (place !== -1) throw wrongFields([{ path: `messages.${place}.content`, message: 'must be text' }]);
}

function decisionIn({ interruptId: callId, status, payload }: ResumeEntry): Decision {
  const given = isFields(payload) ? payload : {};
  if (status === 'cancelled' || payload === false || given.approved === false) {
    const feedback = typeof given.feedback === 'string' ? given.feedback : undefined;
    return { callId, decision: 'reject', feedback };
  }
  return isFields(given.arguments)
    ? { callId, decision: 'edit', arguments: given.arguments }
    : { callId, decision: 'approve' };
}
