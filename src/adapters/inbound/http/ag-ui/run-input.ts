import { z } from 'zod';
import { type Choice, INCLUDED } from '../../../../domain/choice.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { ON_BUSY, ON_DISCONNECT, type OnBusy, type OnDisconnect } from '../../../../domain/run.js';
import { type Choices, choiceProblems, readChoice } from '../../../../domain/written-choice.js';
import { sessionIdField, wrongFields } from '../native/user-message.js';

const message = z.looseObject(
  {
    id: z.string('must be a string').optional(),
    role: z.enum(
      ['developer', 'system', 'user', 'assistant', 'tool', 'reasoning', 'activity'],
      'must be the role of a message',
    ),
  },
  'must be a message',
);

const answer = z.looseObject(
  {
    interruptId: z.string('must be the id of an interrupt'),
    status: z.enum(['resolved', 'cancelled'], 'must be "resolved" or "cancelled"'),
    payload: z.unknown().optional(),
  },
  'must be the answer to an interrupt',
);

const RUN_ID = /^[\x21-\x7e]{1,200}$/;

/** What `HttpAgent` sends. `state` and `context` mean nothing here. */
export const runInputSchema = z
  .object(
    {
      threadId: sessionIdField.meta({ description: 'The session.' }),
      runId: z
        .string('must be a string')
        .regex(RUN_ID, 'must be 1 to 200 visible ASCII characters')
        .meta({ description: 'The same again in its thread is the same run, from its start.' }),
      protocolVersion: z.string().nullish(),
      messages: z.array(message, 'must be a list of messages'),
      tools: z
        .array(z.looseObject({}, 'must be a tool'), 'must be a list of tools')
        .nullish()
        .meta({ description: 'Run by the client: `name`, `description`, `parameters`.' }),
      forwardedProps: z
        .unknown()
        .optional()
        .meta({ description: '`agent`, `on_busy`, `on_disconnect` in it are used.' }),
      resume: z.array(answer, 'must be a list of answers').nullish(),
    },
    'must be a JSON object',
  )
  .meta({ id: 'AgUiRunInput' });

const forwardedSchema = z.looseObject({
  on_busy: z.enum(ON_BUSY, 'must be "reject", "queue" or "interrupt"').optional(),
  on_disconnect: z.enum(ON_DISCONNECT, 'must be "continue" or "cancel"').optional(),
});

export type AgUiMessage = z.output<typeof message>;
export type ResumeEntry = z.output<typeof answer>;

/** How a client names its run, and whether it is of 1.0. */
export interface AskedRun {
  readonly threadId: string;
  readonly runId: string;
  readonly protocolVersion: string | undefined;
}

export interface RunInput extends AskedRun {
  /** Without those of the run itself, which a client has that asks for it again. */
  readonly messages: readonly AgUiMessage[];
  /** What the client is to have when the run is told to it again. */
  readonly history: readonly object[];
  readonly resume: readonly ResumeEntry[];
  readonly choice: Choice;
  readonly onBusy: OnBusy;
  readonly onDisconnect: OnDisconnect;
}

/** Throws HttpProblem 422, field by field. */
export function parseRunInput(body: unknown, choices: Choices): RunInput {
  const parsed = runInputSchema.safeParse(body);
  if (!parsed.success) throw wrongFields(parsed.error.issues.map(told));
  const { threadId, runId, protocolVersion, messages, tools, resume } = parsed.data;
  const forwarded = forwardedIn(parsed.data.forwardedProps);
  const chosen = { agent: forwarded.agent, tools: tools?.map(asFunction) };
  const problems = choiceProblems(chosen, choices).map(inItsWords);
  if (problems.length > 0) throw wrongFields(problems);
  const instructions = instructionsIn(messages);
  return {
    threadId,
    runId,
    protocolVersion: protocolVersion ?? undefined,
    messages: messages.filter((one) => !isOwn(one, runId)),
    history: heldBefore(messages, runId),
    resume: resume ?? [],
    choice: { ...readChoice(chosen, choices), ...instructions, include: INCLUDED },
    onBusy: forwarded.on_busy ?? 'interrupt',
    onDisconnect: forwarded.on_disconnect ?? 'cancel',
  };
}

/** Of a message that a run has brought. It is the same whenever the run is told. */
export function ownMessageId(runId: string, place: string): string {
  return `${runId}-${place}`;
}

function isOwn({ id, role }: AgUiMessage, runId: string): boolean {
  if (role === 'user' || id?.startsWith(ownMessageId(runId, '')) !== true) return false;
  return /^\d+(?:-\d+)?$/.test(id.slice(runId.length + 1));
}

/** Without the messages of the run itself, to which a client would add the pieces again. It keeps its reasoning,
 *  whatever it is told to have, and would put the answer behind that: with reasoning, they are emptied where they
 *  stand. Results are told again, whole. */
function heldBefore(messages: readonly AgUiMessage[], runId: string): readonly object[] {
  const isKept = messages.some((one) => one.role === 'reasoning' && isOwn(one, runId));
  return messages.flatMap((one) => {
    if (!isOwn(one, runId)) return [one];
    const { id, role, content } = one;
    return isKept && role !== 'tool' ? [{ id, role, ...(content !== undefined && { content: '' }) }] : [];
  });
}

function forwardedIn(props: unknown) {
  const parsed = forwardedSchema.safeParse(isFields(props) ? props : {});
  if (parsed.success) return parsed.data;
  throw wrongFields(parsed.error.issues.map((issue) => told({ ...issue, path: ['forwardedProps', ...issue.path] })));
}

function asFunction({ name, description, parameters }: Fields): Fields {
  return { type: 'function', function: { name, description, parameters } };
}

/** Its tools are not nested. */
function inItsWords({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }) {
  const outer = path[0] === 'agent' ? ['forwardedProps', ...path] : path.filter((step) => step !== 'function');
  return { path: outer.join('.'), message };
}

function instructionsIn(messages: readonly AgUiMessage[]): Pick<Choice, 'instructions'> {
  const own = messages.filter(({ role }) => role === 'system' || role === 'developer');
  return own.length === 0 ? {} : { instructions: own.map((one) => textOf(one)).join('\n\n') };
}

/** A message is a text, or parts. Undefined where a part is none. */
export function textIn({ content }: AgUiMessage): string | undefined {
  if (!Array.isArray(content)) return typeof content === 'string' ? content : '';
  const texts = content.map((part: unknown) => (isFields(part) && part.type === 'text' ? part.text : undefined));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
}

export function textOf(message: AgUiMessage): string {
  return textIn(message) ?? '';
}

function told({ path, message }: { readonly path: readonly PropertyKey[]; readonly message: string }) {
  return { path: path.join('.'), message };
}
