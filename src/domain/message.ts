import { isBlank } from './blank.js';
import { blamesMessage } from './llm-failures.js';
import { type CallStatus, type ReplyStep, textBehindSteps, textOfStep } from './reply-step.js';
import { type EndedRun, type FinishReason, isEnded, type Run } from './run.js';
import type { TokenCounts } from './token-counts.js';
import type { ToolCall } from './tool-call.js';

export const ROLES = ['user', 'assistant', 'tool'] as const;
export type Role = (typeof ROLES)[number];
type MessageStatus = 'complete' | 'incomplete' | 'cancelled' | 'interrupted' | 'failed' | CallStatus;

/** What names a message: it never changes. */
export interface MessageId {
  /** The run that the message started, that wrote it, or that asked for the call. */
  readonly runId: string;
  readonly role: Role;
  /** 1, 2, 3 … among those of its run and role. */
  readonly index: number;
}

/** One entry of a session's history. */
export interface Message extends MessageId {
  readonly content: string;
  readonly status: MessageStatus;
  readonly createdAt: Date;
  /** The provider refused the turn for what it says: every prompt with it would be refused. */
  readonly isRefused: boolean;
  /** What the model asked for here. Each call that is settled has its result behind this message. */
  readonly calls?: readonly ToolCall[];
  /** The call that this is the result of. */
  readonly resultOf?: ToolCall;
  /** What its run counted, of this and of other messages. */
  readonly counts?: TokenCounts | undefined;
}

/** What is kept of a run that asked for calls. */
interface Asked {
  readonly steps?: readonly ReplyStep[] | undefined;
  /** The run that went on with its turn was refused. */
  readonly isRefused?: boolean | undefined;
  readonly counts?: TokenCounts | undefined;
}

/** What a run has brought into the history: its user message, unless it goes on with a turn, and what it wrote, with
 *  the results of its calls. An answer without a word is no message. */
export function messagesOfRun(
  run: Run,
  text: string,
  { steps = [], isRefused = false, counts }: Asked = {},
): readonly Message[] {
  const said = run.continues === undefined ? [userMessage(run)] : [];
  const messages = isEnded(run) ? [...said, ...writtenBy(run, text, steps)] : said;
  if (!isRefused && counts === undefined) return messages;
  return messages.map((message) => ({ ...message, ...(isRefused && { isRefused }), ...(counts && { counts }) }));
}

function userMessage(run: Run): Message {
  return messageOf(run, 'user', 1, { content: run.request.content, status: 'complete', createdAt: run.createdAt });
}

function writtenBy(run: EndedRun, text: string, steps: readonly ReplyStep[]): readonly Message[] {
  const { finishReason, endedAt: createdAt } = run;
  const asked = steps.flatMap((_, place) => [asking(run, text, steps, place), ...resultsOf(run, steps, place)]);
  const rest = textBehindSteps({ text, steps });
  if (rest === '') return asked;
  const answer = { content: rest, status: STATUS[finishReason], createdAt };
  return [...asked, messageOf(run, 'assistant', steps.length + 1, answer)];
}

/** What the model said when it asked for the calls of a step. */
function asking(run: EndedRun, text: string, steps: readonly ReplyStep[], place: number): Message {
  const { calls = [] } = steps[place] ?? {};
  const content = textOfStep({ text, steps }, place);
  return { ...messageOf(run, 'assistant', place + 1, { content, status: 'complete', createdAt: run.endedAt }), calls };
}

/** The results of a step, in the order of its calls. */
function resultsOf(run: EndedRun, steps: readonly ReplyStep[], place: number): readonly Message[] {
  const before = steps.slice(0, place).reduce((sum, { calls }) => sum + calls.length, 0);
  const { calls = [], results = [] } = steps[place] ?? {};
  return calls.flatMap((call, index) => {
    const result = results.find(({ callId }) => callId === call.callId);
    if (result === undefined) return [];
    const { content, status, at: createdAt } = result;
    return [{ ...messageOf(run, 'tool', before + index + 1, { content, status, createdAt }), resultOf: call }];
  });
}

function messageOf(run: Run, role: Role, index: number, said: Pick<Message, 'content' | 'status' | 'createdAt'>) {
  return { role, ...said, runId: run.id, index, isRefused: refusesTurn(run) };
}

/** An answer without a word, and without a call: some providers refuse it. */
export function isBlankAnswer({ role, content, calls = [] }: Message): boolean {
  return role === 'assistant' && calls.length === 0 && isBlank(content);
}

/** Whether an ending says that every prompt with this turn would be refused. */
export function refusesTurn({ finishReason, error }: Pick<Run, 'finishReason' | 'error'>): boolean {
  return finishReason === 'content_filter' || (error !== undefined && blamesMessage(error.code));
}

const STATUS: Record<FinishReason, MessageStatus> = {
  stop: 'complete',
  length: 'incomplete',
  content_filter: 'incomplete',
  tool_calls: 'complete',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};
