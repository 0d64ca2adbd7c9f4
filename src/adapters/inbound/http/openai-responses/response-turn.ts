import type { Choice } from '../../../../domain/choice.js';
import type { Fields } from '../../../../domain/fields.js';
import type { Run } from '../../../../domain/run.js';
import { transcriptOf } from '../../../../domain/transcript.js';
import type { DoorUseCases } from '../door/door.js';
import { resentTurn } from '../door/resent-turn.js';
import { type DoorTurn, wasTaken } from '../door/send-turn.js';
import { wrongFields } from '../native/user-message.js';
import { instructionsIn, resentMessages } from '../openai/chat-messages.js';
import { openAiChoice } from '../openai/openai-choice.js';
import type { RequestContext } from '../request-context.js';
import { newSession } from './new-session.js';
import { isLastWord, responseBefore, saidUpTo } from './response-before.js';
import type { ResponseRequest } from './response-request.js';

/** What a request says, and in which session: that of its conversation, that of the response before it where it is the
 *  last word there, else a new one. Throws HttpProblem. */
export async function turnOf(
  asked: ResponseRequest,
  key: string | undefined,
  useCases: DoorUseCases,
  context: RequestContext,
): Promise<DoorTurn> {
  const { previousResponse: id, session, messages } = asked;
  const onDisconnect = asked.isInBackground ? ('continue' as const) : ('cancel' as const);
  const asking = { asked, how: { onBusy: 'reject' as const, onDisconnect, idempotencyKey: key }, useCases, context };
  if (id !== undefined) return turnBehind(await responseBefore(id, useCases, context), asking);
  if (session !== undefined) return { sessionId: session, ...asking.how, ...saidIn(asking) };
  const isAnswered = messages.some(({ role }) => role === 'assistant' || role === 'tool');
  return newSession({ ...asking.how, ...(isAnswered ? broughtIn(asking, []) : saidIn(asking)) }, useCases, context);
}

interface Asking {
  readonly asked: ResponseRequest;
  readonly how: Pick<DoorTurn, 'onBusy' | 'onDisconnect' | 'idempotencyKey'>;
  readonly useCases: DoorUseCases;
  readonly context: RequestContext;
}

/** From an older response, another session goes on, which begins with what was said up to it. A client that tells
 *  results of its calls once more means them in place of those that are known: it has the whole prompt brought
 *  along. */
async function turnBehind(before: Run, asking: Asking): Promise<DoorTurn> {
  const { asked, how, useCases, context } = asking;
  const results = asked.messages.filter(({ role }) => role === 'tool').map(({ tool_call_id }) => tool_call_id);
  const bringing = async () => ({ ...how, ...broughtIn(asking, await saidUpTo(before, useCases, results)) });
  if (transcriptOf(before) !== undefined) return newSession(await bringing(), useCases, context);
  const there = { sessionId: before.sessionId, ...how, ...saidIn(asking) };
  if ((await isLastWord(before, useCases)) || (await wasTaken(useCases, there, context))) return there;
  if (results.length > 0) return newSession(await bringing(), useCases, context);
  const branch = await newSession({ ...how, ...saidIn(asking) }, useCases, context);
  return { ...branch, prepare: () => useCases.branchSession.execute(before, branch.sessionId, context) };
}

type Said = Pick<DoorTurn, 'content' | 'settlements' | 'choice'>;

function saidIn({ asked, useCases }: Asking): Said {
  const { content, results } = resentTurn(resentMessages(asked.messages));
  if (content === undefined && results.length === 0) throw wrongFields([{ path: 'input', message: NOTHING_NEW }]);
  const instructing = [asked.instructions, instructionsIn(asked.messages)].filter((text) => text !== undefined);
  const instructions = instructing.length === 0 ? undefined : instructing.join('\n\n');
  return { content, settlements: results, choice: choiceOf(asked, instructions, useCases) };
}

const NOTHING_NEW = 'must have a message of the user, or the output of a call, behind the last one of the assistant';

function broughtIn({ asked, useCases }: Asking, before: readonly Fields[]): Said {
  const { content = '' } = resentTurn(resentMessages(asked.messages));
  const transcript = [...before, ...asked.messages];
  const instructions = asked.instructions ?? (instructionsIn(transcript) === undefined ? undefined : '');
  return { content, choice: { ...choiceOf(asked, instructions, useCases), transcript } };
}

function choiceOf(asked: ResponseRequest, instructions: string | undefined, { choices }: DoorUseCases): Choice {
  return { ...openAiChoice({ ...asked, instructions }, choices), echo: asked.echo };
}
