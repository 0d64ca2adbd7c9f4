import type { Instructions } from '../domain/agent.js';
import { isBlank } from '../domain/blank.js';
import type { Message, Role } from '../domain/message.js';
import type { PromptMessage } from '../domain/prompt-message.js';

/** The prompt that every OpenAI-wire server accepts, strict chat templates included: the instructions, then user and
 *  assistant in turn. Messages of one role that follow each other (a user message whose run wrote nothing) become one.
 *  The last message of the history, which is to be answered, is always in it. */
export function buildPrompt(instructions: Instructions, history: readonly Message[]): readonly PromptMessage[] {
  return withInstructions(instructions, inTurn(tellable(history)));
}

/** Without what the provider refused, and without blank answers, which some providers refuse. A refused message was asked
 *  together with the unanswered ones before it: when a second one is refused in a row, those may be why, and they go too. */
function tellable(history: readonly Message[]): readonly Message[] {
  const told: Message[] = [];
  let refusals = 0;
  for (const message of history.filter(({ role, content }) => role === 'user' || !isBlank(content))) {
    refusals = refusalsUpTo(message, refusals);
    if (!message.isRefused) told.push(message);
    else if (refusals > 1) dropUnanswered(told);
  }
  return told;
}

/** How many messages were refused since the last answer. */
function refusalsUpTo({ role, isRefused }: Message, before: number): number {
  if (role === 'assistant') return isRefused ? before : 0;
  return isRefused ? before + 1 : before;
}

function dropUnanswered(told: Message[]): void {
  while (told.at(-1)?.role === 'user') told.pop();
}

type Turn = { readonly role: Role; readonly content: string };

function inTurn(messages: readonly Message[]): readonly Turn[] {
  const turns: Turn[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) turns[turns.length - 1] = { role, content: joined(last.content, content) };
    else turns.push({ role, content });
  }
  return turns;
}

function withInstructions({ role, text }: Instructions, turns: readonly Turn[]): readonly PromptMessage[] {
  if (role === 'none' || isBlank(text)) return turns;
  if (role !== 'user') return [{ role, content: text }, ...turns];
  const first = turns.findIndex((turn) => turn.role === 'user');
  return turns.map((turn, index) => (index === first ? { role, content: joined(text, turn.content) } : turn));
}

function joined(first: string, second: string): string {
  return `${first}\n\n${second}`;
}
