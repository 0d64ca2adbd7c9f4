import { z } from 'zod';
import type { SessionWithCalls } from '../../../../application/use-cases/get-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { type Message, ROLES } from '../../../../domain/message.js';
import { CALL_STATUSES } from '../../../../domain/reply-step.js';
import type { Session } from '../../../../domain/session.js';
import { callSchema, callView, openCallSchema, openCallView } from './call-view.js';
import { messageId } from './message-page.js';
import { tokensSchema, tokensView } from './run-view.js';

const time = z.iso.datetime();

export const sessionSchema = z
  .object({
    session_id: z.string(),
    user_id: z.string().nullable().meta({ description: 'Whose it is, as `X-User-Id` named its user.' }),
    created_at: time,
    updated_at: time,
    message_count: z.int(),
    status: z.enum(['idle', 'running', 'waiting']).meta({ description: '`waiting`: for calls to be settled.' }),
    active_run_id: z.string().nullable().meta({ description: 'The run that is answering, if any.' }),
    title: z.string().meta({ description: 'What somebody called it, else the beginning of its first message.' }),
    title_set: z.boolean().meta({ description: 'Somebody called it so.' }),
    agent: z.string().meta({ description: 'Who its next message is for, unless that names somebody else.' }),
    metadata: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .meta({ description: 'What others noted of it.' }),
    preview: z.string().meta({ description: 'The beginning of its last message.' }),
    usage: tokensSchema.meta({ description: 'Of all its runs.' }),
  })
  .meta({ id: 'Session' });

export const shownSessionSchema = sessionSchema
  .extend({ open_calls: z.array(openCallSchema).meta({ description: 'What the session waits for.' }) })
  .meta({ id: 'ShownSession' });

export const sessionPageSchema = z
  .object({
    sessions: z.array(sessionSchema),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page; null on the last.' }),
  })
  .meta({ id: 'SessionPage' });

export const historySchema = z
  .object({
    messages: z.array(
      z.object({
        id: z.string().meta({ description: 'Never changes.' }),
        role: z.enum(ROLES),
        content: z.string(),
        status: z.enum(['complete', 'incomplete', 'cancelled', 'interrupted', 'failed', ...CALL_STATUSES]),
        tool_calls: z.array(callSchema).optional().meta({ description: 'What the model asked for in this answer.' }),
        call_id: z.string().optional().meta({ description: 'Of a tool: the call that this is the result of.' }),
        tool_name: z.string().optional(),
        run_id: z.string(),
        created_at: time,
      }),
    ),
    next_before: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'Of a page: send it as `before` for the page before this one; null on the first.' }),
  })
  .meta({ id: 'History' });

export function sessionView(session: Session, agents: Agents): z.input<typeof sessionSchema> {
  return {
    session_id: session.id,
    user_id: session.userId ?? null,
    created_at: session.createdAt.toISOString(),
    updated_at: session.updatedAt.toISOString(),
    message_count: session.messageCount,
    status: session.status,
    active_run_id: session.activeRunId ?? null,
    title: session.title,
    title_set: session.isTitled,
    agent: agents.named(session.agent).name,
    metadata: session.metadata,
    preview: session.preview,
    usage: tokensView(session.usage),
  };
}

export function shownSession(
  { session, openCalls }: SessionWithCalls,
  agents: Agents,
): z.input<typeof shownSessionSchema> {
  return { ...sessionView(session, agents), open_calls: openCalls.map(openCallView) };
}

export type MessageView = z.input<typeof historySchema>['messages'][number];

export function messageView(message: Message): MessageView {
  const { role, content, status, runId, createdAt, calls, resultOf } = message;
  const asked = calls && { tool_calls: calls.map(callView) };
  const result = resultOf && { call_id: resultOf.callId, tool_name: resultOf.toolName };
  return {
    id: messageId(message),
    role,
    ...result,
    content,
    ...asked,
    status,
    run_id: runId,
    created_at: createdAt.toISOString(),
  };
}
