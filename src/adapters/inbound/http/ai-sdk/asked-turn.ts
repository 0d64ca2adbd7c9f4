import type { Message } from '../../../../domain/message.js';
import { textOf, type UiMessage } from './chat-request.js';

/** The run whose turn a person's message began, the last of these; undefined where the session never had that message:
 *  it was refused then. A page gives such messages ids of its own. So the turn is found from the last answer before it,
 *  whose id names a run, by what was said since.
 *  `latestFirst` is the history of the session. Throws UnknownPlace where the session has no such answer. */
export async function askedTurn(
  messages: readonly UiMessage[],
  latestFirst: AsyncIterable<Message>,
): Promise<string | undefined> {
  const place = messages.findLastIndex((message) => runIn(message) !== undefined);
  const answered = messages[place] && runIn(messages[place]);
  const behind = await saidBehind(answered, latestFirst);
  const said = messages.slice(place + 1).filter(({ role }) => role === 'user');
  let next = 0;
  for (const message of said.slice(0, -1)) if (behind[next]?.content === textOf(message)) next += 1;
  return behind[next]?.runId;
}

/** The session has no answer of this id, or no longer. */
export class UnknownPlace extends Error {}

/** What people said behind the answer of a run, in its order; all that they said where no answer is named. */
async function saidBehind(answered: string | undefined, latestFirst: AsyncIterable<Message>) {
  const said: Message[] = [];
  for await (const message of latestFirst) {
    if (message.runId === answered) return said.reverse();
    if (message.role === 'user') said.push(message);
  }
  if (answered !== undefined) throw new UnknownPlace();
  return said.reverse();
}

/** The id of an answer that began with this run. */
export function answerId(runId: string): string {
  return `msg_${runId}`;
}

/** The run that an answer names: by the id that it has here, or in the history. */
export function runNamedBy(id: string | undefined): string | undefined {
  const [, own, kept] = /^(?:msg_([0-9a-z]{1,128})|([0-9a-z]{1,128})\.assistant(?:\.\d+)?)$/.exec(id ?? '') ?? [];
  return own ?? kept;
}

function runIn({ role, id }: UiMessage): string | undefined {
  return role === 'assistant' ? runNamedBy(id) : undefined;
}
