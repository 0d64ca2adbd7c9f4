import { z } from 'zod';
import type { Message } from '../../../../domain/message.js';
import type { Session } from '../../../../domain/session.js';
import { messageId } from './message-page.js';

const time = z.iso.datetime();

export const sessionSchema = z
  .object({
    session_id: z.string(),
    created_at: time,
    updated_at: time,
    message_count: z.int(),
    active_run_id: z.string().nullable().meta({ description: 'The run that is answering, if any.' }),
  })
  .meta({ id: 'Session' });

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
        role: z.enum(['user', 'assistant']),
        content: z.string(),
        status: z.enum(['complete', 'incomplete', 'cancelled', 'interrupted', 'failed']),
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

export function sessionView(session: Session): z.input<typeof sessionSchema> {
  return {
    session_id: session.id,
    created_at: session.createdAt.toISOString(),
    updated_at: session.updatedAt.toISOString(),
    message_count: session.messageCount,
    active_run_id: session.activeRunId ?? null,
  };
}

export type MessageView = z.input<typeof historySchema>['messages'][number];

export function messageView(message: Message): MessageView {
  const { role, content, status, runId, createdAt } = message;
  return { id: messageId(message), role, content, status, run_id: runId, created_at: createdAt.toISOString() };
}
