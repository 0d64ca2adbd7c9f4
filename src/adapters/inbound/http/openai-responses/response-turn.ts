import { hash } from 'node:crypto';
import type { Caller } from '../../../../domain/caller.js';
import type { Choice } from '../../../../domain/choice.js';
import type { Fields } from '../../../../domain/fields.js';
import type { DoorUseCases } from '../door/door.js';
import { resentTurn } from '../door/resent-turn.js';
import type { DoorTurn } from '../door/send-turn.js';
import { wrongFields } from '../native/user-message.js';
import { instructionsIn, resentMessages } from '../openai/chat-messages.js';
import { openAiChoice } from '../openai/openai-choice.js';
import { type ResponseBefore, responseBefore } from './response-before.js';
import type { ResponseRequest } from './response-request.js';

type UseCases = Pick<DoorUseCases, 'getRun' | 'getHistory' | 'ids' | 'choices'>;

/** What a request says, and in which session: that of its conversation, that of the response before it, else a new one.
 *  Throws HttpProblem. */
export async function turnOf(
  asked: ResponseRequest,
  key: string | undefined,
  useCases: UseCases,
  by: Caller,
): Promise<DoorTurn> {
  const { previousResponse: id } = asked;
  const before = id === undefined ? undefined : await responseBefore(id, useCases, by);
  const sessionId = asked.session ?? before?.sessionId ?? sessionFor(key, useCases);
  const onDisconnect = asked.isInBackground ? ('continue' as const) : ('cancel' as const);
  const transcript = transcriptOf(asked, before);
  const said = transcript === undefined ? saidIn(asked, useCases) : broughtIn(asked, transcript, useCases);
  return { sessionId, ...said, onBusy: 'reject', onDisconnect, idempotencyKey: key };
}

/** The whole prompt, where there is no session that knows what was said before. */
function transcriptOf({ messages, session }: ResponseRequest, before: ResponseBefore | undefined) {
  if (before !== undefined) return before.transcript && [...before.transcript, ...messages];
  return session === undefined && messages.some(({ role }) => isAnswered(role)) ? messages : undefined;
}

function isAnswered(role: unknown): boolean {
  return role === 'assistant' || role === 'tool';
}

function saidIn(asked: ResponseRequest, { choices }: UseCases): Pick<DoorTurn, 'content' | 'settlements' | 'choice'> {
  const { content, results } = resentTurn(resentMessages(asked.messages));
  if (content === undefined && results.length === 0) throw wrongFields([{ path: 'input', message: NOTHING_NEW }]);
  const instructing = [asked.instructions, instructionsIn(asked.messages)].filter((text) => text !== undefined);
  const instructions = instructing.length === 0 ? undefined : instructing.join('\n\n');
  return { content, settlements: results, choice: choiceOf(asked, instructions, choices) };
}

const NOTHING_NEW = 'must have a message of the user, or the output of a call, behind the last one of the assistant';

function broughtIn(asked: ResponseRequest, transcript: readonly Fields[], { choices }: UseCases) {
  const { content = '' } = resentTurn(resentMessages(asked.messages));
  const instructions = asked.instructions ?? (instructionsIn(transcript) === undefined ? undefined : '');
  return { content, choice: { ...choiceOf(asked, instructions, choices), transcript } };
}

function choiceOf(asked: ResponseRequest, instructions: string | undefined, choices: UseCases['choices']): Choice {
  return { ...openAiChoice({ ...asked, instructions }, choices), echo: asked.echo };
}

/** Keys belong to a session: the same one has to lead to the same. */
function sessionFor(key: string | undefined, { ids }: UseCases): string {
  return key === undefined ? ids.next() : `key-${hash('sha256', key, 'hex')}`;
}
