import type { Instructions } from '../domain/agent.js';
import { isBlank } from '../domain/blank.js';
import { isBlankAnswer, type Message } from '../domain/message.js';
import type { PromptMessage } from '../domain/prompt-message.js';

/** The prompt that every OpenAI-wire server accepts, strict chat templates included: the instructions, then user and
 *  assistant in turn, each call with its result behind it. Messages of one role that follow each other (a user message
 *  whose run wrote nothing) become one. The last message of the history, which is to be answered, is always in it.
 *  What a client has brought along stands before it, as it is. */
export function promptOf(
  instructions: Instructions,
  turns: readonly Turn[],
  brought: readonly PromptMessage[] = [],
): readonly PromptMessage[] {
  return withInstructions(instructions, [...brought, ...inTurn(turns.flat())]);
}

/** A user message and everything up to the next one. */
export type Turn = readonly Message[];

/** Without the turns that the provider refused, and without blank answers, which some providers refuse. A refused
 *  message was asked together with the unanswered ones before it: when a second one is refused in a row, those may be
 *  why, and they go too. */
export function toldTurns(history: readonly Message[]): readonly Turn[] {
  const told: Turn[] = [];
  let refusals = 0;
  for (const turn of turnsOf(history)) {
    const said = turn.filter((message) => !isBlankAnswer(message));
    refusals = refusalsUpTo(said, refusals);
    if (!isRefused(said)) told.push(said);
    else if (refusals > 1) dropUnanswered(told);
  }
  return told;
}

function turnsOf(history: readonly Message[]): readonly Turn[] {
  const turns: Message[][] = [];
  for (const message of history) {
    const turn = turns.at(-1);
    if (message.role === 'user' || turn === undefined) turns.push([message]);
    else turn.push(message);
  }
  return turns;
}

/** How many turns were refused since the last answer. */
function refusalsUpTo(turn: readonly Message[], before: number): number {
  if (isRefused(turn)) return before + 1;
  return turn.some(({ role }) => role === 'assistant') ? 0 : before;
}

function isRefused(turn: readonly Message[]): boolean {
  return turn.some((message) => message.isRefused);
}

function dropUnanswered(told: Turn[]): void {
  while (told.at(-1)?.at(-1)?.role === 'user') told.pop();
}

function inTurn(messages: readonly Message[]): readonly PromptMessage[] {
  const prompt: PromptMessage[] = [];
  for (const message of messages) {
    const last = prompt.at(-1);
    const next = promptMessage(message);
    // Some templates refuse a user right behind a tool: what was given up had no answer.
    if (last?.role === 'tool' && next.role === 'user') prompt.push({ role: 'assistant', content: GIVEN_UP });
    const joined = last && joinedWith(last, next);
    if (joined === undefined) prompt.push(next);
    else prompt[prompt.length - 1] = joined;
  }
  return prompt;
}

const GIVEN_UP = '(no answer)';

function promptMessage({ role, content, calls = [], resultOf }: Message): PromptMessage {
  if (role === 'user') return { role, content };
  if (role === 'tool') return { role, callId: resultOf?.callId ?? '', content };
  return calls.length === 0 ? { role, content } : { role, content, toolCalls: calls };
}

/** Undefined where the two stay apart. */
function joinedWith(last: PromptMessage, next: PromptMessage): PromptMessage | undefined {
  if (last.role === 'user' && next.role === 'user')
    return { role: 'user', content: joined(last.content, next.content) };
  if (last.role !== 'assistant' || next.role !== 'assistant' || last.toolCalls !== undefined) return undefined;
  return { ...next, content: joined(last.content, next.content) };
}

function withInstructions({ role, text }: Instructions, turns: readonly PromptMessage[]): readonly PromptMessage[] {
  if (role === 'none' || isBlank(text)) return turns;
  if (role !== 'user') return [{ role, content: text }, ...turns];
  const first = turns.findIndex((turn) => turn.role === 'user');
  return turns.map((turn, index) => (index === first ? { role, content: joined(text, turn.content) } : turn));
}

function joined(first: string, second: string): string {
  return `${first}\n\n${second}`;
}
