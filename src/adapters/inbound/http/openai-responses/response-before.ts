import type { GetHistory } from '../../../../application/use-cases/get-history.js';
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

/** The response that a request goes on from. */
export interface ResponseBefore {
  /** The session to go on in; undefined where there is none that knows what was said. */
  readonly sessionId: string | undefined;
  /** Then this is all that was said. */
  readonly transcript: readonly Fields[] | undefined;
}

type UseCases = Pick<DoorUseCases, 'getRun' | 'getHistory'>;

/** Throws HttpProblem where it is unknown, or not the last word of its session. */
export async function responseBefore(
  id: string,
  { getRun, getHistory }: UseCases,
  by: Caller,
): Promise<ResponseBefore> {
  const run = await knownRun(id, getRun, by);
  if (run === undefined || !isStored(run)) throw wrong('is no response that is kept');
  const brought = transcriptOf(run);
  const messages = await latestOf(run, getHistory, brought === undefined ? 1 : MOST_MESSAGES);
  if (brought !== undefined) return { sessionId: undefined, transcript: [...brought, ...answersIn(messages, run)] };
  if (!isLatest(run, messages)) throw wrong('must be the latest response of its conversation');
  return { sessionId: run.sessionId, transcript: undefined };
}

async function knownRun(id: string, getRun: UseCases['getRun'], by: Caller): Promise<Run | undefined> {
  const runId = runIdIn(id);
  if (runId === undefined) return undefined;
  try {
    return (await getRun.execute(runId, by)).run;
  } catch (error) {
    if (error instanceof RunNotFound) return undefined;
    throw error;
  }
}

/** More than one run writes. */
const MOST_MESSAGES = 256;

async function latestOf(
  { sessionId, userId }: Run,
  getHistory: GetHistory,
  limit: number,
): Promise<readonly Message[]> {
  return (await getHistory.page(sessionId, { userId }, limit))?.messages ?? [];
}

/** A run that went on after calls, and wrote nothing, is the last word of the one before. */
function isLatest({ id, continues }: Run, messages: readonly Message[]): boolean {
  const latest = messages.at(-1)?.runId;
  return latest === undefined || latest === id || latest === continues?.after;
}

/** What a run has said itself, in the form in which a client brings it along. */
function answersIn(messages: readonly Message[], run: Run): readonly Fields[] {
  return messages
    .filter(({ runId, role }) => runId === run.id && role !== 'user')
    .map(({ role, content, calls = [], resultOf }) => {
      if (role === 'tool') return { role, tool_call_id: resultOf?.callId, content };
      return calls.length === 0
        ? { role, content }
        : { role, content: content || null, tool_calls: calls.map(callView) };
    });
}

function callView({ callId: id, toolName: name, arguments: given }: NonNullable<Message['calls']>[number]) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(given) } };
}

function wrong(message: string) {
  return wrongFields([{ path: 'previous_response_id', message }]);
}
