import type { GetHistory } from '../../../../application/use-cases/get-history.js';
import type { GetSession } from '../../../../application/use-cases/get-session.js';
import type { Caller } from '../../../../domain/caller.js';
import { SessionNotFound } from '../../../../domain/errors.js';
import type { DoorTurn } from '../door/send-turn.js';
import type { HttpProblem } from '../http-problem.js';
import { wrongFields } from '../native/user-message.js';
import { askedTurn, runNamedBy, UnknownPlace } from './asked-turn.js';
import { type ChatRequest, saidIn, type UiMessage } from './chat-request.js';
import { settlementsIn } from './sent-results.js';

type Looking = { readonly getHistory: GetHistory; readonly getSession: GetSession; readonly by: Caller };

export interface ChatTurn {
  readonly turn: DoorTurn;
  /** The id of the answer that goes on, where calls of it are settled. */
  readonly answers: string | undefined;
}

/** What a page says with the messages that it sends: something new, in place of what it said before, or what became of
 *  calls. Throws HttpProblem 422. */
export async function chatTurn(chat: ChatRequest, looking: Looking): Promise<ChatTurn> {
  const { sessionId, onBusy, onDisconnect, choice } = chat;
  const messages = meantMessages(chat);
  const last = messages.at(-1);
  const isAnswer = last?.role === 'assistant';
  const said = isAnswer ? await settled(chat, last, looking) : await saidLast(chat, messages, looking);
  return { turn: { sessionId, onBusy, onDisconnect, choice, ...said }, answers: isAnswer ? last.id : undefined };
}

type Said = Pick<DoorTurn, 'content' | 'replaces' | 'settlements'>;

/** A message that was refused then has no turn to be taken back: it is said now. */
async function saidLast(chat: ChatRequest, messages: readonly UiMessage[], looking: Looking): Promise<Said> {
  const { messageId, isRegeneration } = chat;
  const isNew = messageId === undefined && !isRegeneration;
  const named = isRegeneration ? runNamedBy(messageId) : undefined;
  const replaces = isNew ? undefined : (named ?? (await turnAt(chat.sessionId, messages, looking)));
  if (isRegeneration && replaces !== undefined) return { content: undefined, replaces };
  return { content: saidIn(messages, messages.length - 1), replaces };
}

/** Up to the one that is meant: behind it, nothing counts. */
function meantMessages({ messages, messageId, isRegeneration }: ChatRequest): readonly UiMessage[] {
  const place = messageId === undefined ? -1 : messages.findLastIndex(({ id }) => id === messageId);
  if (place === -1 && messageId !== undefined && !isRegeneration) throw unknownMessage();
  const meant = place === -1 ? messages : messages.slice(0, place + 1);
  const end = meant.findLastIndex(({ role }) => role === 'user' || (role === 'assistant' && !isRegeneration));
  if (end === -1) throw wrongFields([{ path: 'messages', message: 'must hold a message of the user' }]);
  return meant.slice(0, end + 1);
}

async function turnAt(sessionId: string, messages: readonly UiMessage[], { getHistory, by }: Looking) {
  try {
    return await askedTurn(messages, orNone(getHistory.latestFirst(sessionId, by)));
  } catch (error) {
    throw error instanceof UnknownPlace ? unknownMessage() : error;
  }
}

/** A session that does not exist has no history. */
async function* orNone<Item>(history: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* history;
  } catch (error) {
    if (!(error instanceof SessionNotFound)) throw error;
  }
}

async function settled(chat: ChatRequest, last: UiMessage, { getSession, by }: Looking): Promise<Said> {
  const { sessionId, messages } = chat;
  const settlements = settlementsIn(last, await getSession.openCalls(sessionId, by));
  if (settlements.length > 0) return { content: undefined, settlements };
  const path = `messages.${messages.indexOf(last)}`;
  throw wrongFields([{ path, message: 'is an answer that tells nothing new of a call' }]);
}

export function unknownMessage(): HttpProblem {
  return wrongFields([{ path: 'messageId', message: 'must be the id of a message of this chat' }]);
}
