import { z } from 'zod';
import { isBlank } from '../../../../domain/blank.js';
import { type Choice, INCLUDED } from '../../../../domain/choice.js';
import { ON_BUSY, ON_DISCONNECT, type OnBusy, type OnDisconnect } from '../../../../domain/run.js';
import { type Choices, choiceProblems, readChoice } from '../../../../domain/written-choice.js';
import { choiceFields } from '../native/choice-fields.js';
import { sessionIdField, wrongFields } from '../native/user-message.js';

const part = z.looseObject({ type: z.string('must be a string') }, 'must be a part of a message');

const message = z.looseObject(
  {
    id: z.string('must be a string').optional(),
    role: z.enum(['system', 'user', 'assistant'], 'must be "system", "user" or "assistant"'),
    parts: z.array(part, 'must be a list of parts'),
  },
  'must be a message',
);

/** What `useChat` sends. Whatever else a page adds means nothing here. */
export const chatRequestSchema = z
  .object(
    {
      id: sessionIdField.meta({ description: 'The session: the chat of the page.' }),
      messages: z.array(message, 'must be a list of messages').min(1, 'must not be empty'),
      trigger: z
        .enum(['submit-message', 'regenerate-message'], 'must be "submit-message" or "regenerate-message"')
        .optional(),
      messageId: z.string('must be the id of a message').nullish(),
      on_busy: z.enum(ON_BUSY, 'must be "reject", "queue" or "interrupt"').optional(),
      on_disconnect: z.enum(ON_DISCONNECT, 'must be "continue" or "cancel"').optional(),
      agent: choiceFields.agent,
      tools: choiceFields.tools,
    },
    'must be a JSON object',
  )
  .meta({ id: 'UiChatRequest' });

export interface UiMessage {
  readonly id?: string | undefined;
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly UiPart[];
}

export interface UiPart {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface ChatRequest {
  readonly sessionId: string;
  readonly messages: readonly UiMessage[];
  readonly isRegeneration: boolean;
  readonly messageId: string | undefined;
  readonly onBusy: OnBusy;
  readonly onDisconnect: OnDisconnect;
  readonly choice: Choice;
}

/** Throws HttpProblem 422, field by field. */
export function parseChatRequest(body: unknown, choices: Choices): ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (!parsed.success) throw wrongFields(parsed.error.issues.map(told));
  const { id, messages, trigger, messageId, on_busy, on_disconnect, agent, tools } = parsed.data;
  const chosen = { agent, tools };
  const problems = choiceProblems(chosen, choices);
  if (problems.length > 0) throw wrongFields(problems.map(told));
  return {
    sessionId: id,
    messages,
    isRegeneration: trigger === 'regenerate-message',
    messageId: messageId ?? undefined,
    onBusy: on_busy ?? 'interrupt',
    onDisconnect: on_disconnect ?? 'continue',
    choice: { ...readChoice(chosen, choices), ...instructionsIn(messages), include: INCLUDED },
  };
}

/** What the page says to the model itself takes the place of the agent's instructions. */
function instructionsIn(messages: readonly UiMessage[]): Pick<Choice, 'instructions'> {
  const texts = messages.filter(({ role }) => role === 'system').map(textOf);
  return texts.length === 0 ? {} : { instructions: texts.join('\n\n') };
}

export function textOf({ parts }: UiMessage): string {
  return parts.map(({ type, text }) => (type === 'text' && typeof text === 'string' ? text : '')).join('');
}

/** What a person says in the message at this place. Throws HttpProblem 422. */
export function saidIn(messages: readonly UiMessage[], place: number): string {
  const { parts = [] } = messages[place] ?? {};
  const file = parts.findIndex(({ type }) => type === 'file');
  if (file !== -1)
    throw wrongFields([{ path: `messages.${place}.parts.${file}`, message: 'is a file: only text is taken' }]);
  const text = textOf({ role: 'user', parts });
  if (isBlank(text)) throw wrongFields([{ path: `messages.${place}.parts`, message: 'must hold text' }]);
  return text;
}

function told({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }) {
  return { path: path.join('.'), message };
}
