import type { Caller } from '../../../../domain/caller.js';
import { RunNotFound } from '../../../../domain/errors.js';
import type { Fields } from '../../../../domain/fields.js';
import type { Message } from '../../../../domain/message.js';
import type { Run } from '../../../../domain/run.js';
import { transcriptOf } from '../../../../domain/transcript.js';
import type { DoorUseCases } from '../door/door.js';
import { wrongFields } from '../native/user-message.js';
import { runIdIn } from './response-id.js';
import { isStored } from './response-view.js';

type UseCases = Pick<DoorUseCases, 'getRun' | 'getHistory'>;

/** The response that a request goes on from. Throws HttpProblem where it is unknown. */
export async function responseBefore(id: string, { getRun }: UseCases, by: Caller): Promise<Run> {
  const runId = runIdIn(id);
  try {
    const found = runId === undefined ? undefined : await getRun.execute(runId, by);
    if (found !== undefined && isStored(found.run)) return found.run;
  } catch (error) {
    if (!(error instanceof RunNotFound)) throw error;
  }
  throw wrongFields([{ path: 'previous_response_id', message: 'is no response that is kept' }]);
}

/** Whether it is the last word of its session. A run that went on after calls, and wrote nothing, is the last word of
 *  the one before. */
export async function isLastWord(
  { id, sessionId, userId, continues }: Run,
  { getHistory }: UseCases,
): Promise<boolean> {
  const page = await getHistory.page(sessionId, { userId }, 1);
  const latest = page?.messages.at(-1)?.runId;
  return latest === undefined || latest === id || latest === continues?.after;
}

/** All that was said up to a response, in the form in which a client brings it along, but for the results of
 *  `calls`. */
export async function saidUpTo(
  run: Run,
  { getHistory }: UseCases,
  calls: readonly unknown[] = [],
): Promise<readonly Fields[]> {
  const brought = transcriptOf(run);
  const said = await getHistory.through(run);
  const ownOnly = said.filter(({ runId, role }) => brought === undefined || (runId === run.id && role !== 'user'));
  const known = ownOnly.filter(({ resultOf }) => resultOf === undefined || !calls.includes(resultOf.callId));
  return [...(brought ?? []), ...known.map(written)];
}

function written({ role, content, calls = [], resultOf }: Message): Fields {
  if (role === 'tool') return { role, tool_call_id: resultOf?.callId, content };
  return calls.length === 0 ? { role, content } : { role, content: content || null, tool_calls: calls.map(callView) };
}

function callView({ callId: id, toolName: name, arguments: given }: NonNullable<Message['calls']>[number]) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(given) } };
}
