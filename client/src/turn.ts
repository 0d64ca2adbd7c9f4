import type { Answer } from './answer.js';
import type { Final } from './final.js';
import type { Message, UserMessage } from './message.js';
import type { ReadOptions } from './read-options.js';
import { Settling } from './settling.js';
import type { TurnOptions } from './turn-options.js';
import type { OpenCall } from './wire.js';

/** What a turn needs of the client. */
export interface Conversation {
  send(message: Message, options: ReadOptions): Answer;
  join(sessionId: string, options: ReadOptions): Answer;
  openCalls(sessionId: string): Promise<readonly OpenCall[]>;
}

/** A message and everything until the model has answered it: runs that ask for calls, and what comes of these. */
export async function takeTurn(client: Conversation, message: UserMessage, options: TurnOptions): Promise<Final> {
  const settling = new Settling(client, message.sessionId, options);
  let answer = client.send(message, options);
  for (;;) {
    const final = await read(answer, options);
    const { next, settledSome } = await settling.settle(final.openCalls);
    if (next !== undefined) answer = next;
    else return settledSome ? { ...final, openCalls: await client.openCalls(message.sessionId) } : final;
  }
}

async function read(answer: Answer, { onFrame }: TurnOptions): Promise<Final> {
  for await (const frame of answer) onFrame?.(frame);
  return answer.final();
}
