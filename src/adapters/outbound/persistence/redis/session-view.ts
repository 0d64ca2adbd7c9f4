import { z } from 'zod';
import type { Session } from '../../../../domain/session.js';
import { type StoredRun, storedDate, storedFields, storedRun } from './stored-run.js';

const reply = z.tuple([
  storedFields,
  z.string().nullable(),
  storedFields.nullable(),
  z.tuple([
    z.string().nullable(),
    z.string().nullable(),
    z.string().nullable(),
    z.string().nullable(),
    z.string().nullable(),
  ]),
]);

/** What stands when a turn comes. */
export interface SessionView {
  readonly session: Session | undefined;
  /** The turn's own run, when it was accepted before. */
  readonly own: StoredRun | undefined;
  /** The run that its idempotency key started. A key whose run is gone was of a session that is gone. */
  readonly keyed: StoredRun | undefined;
}

export function sessionView(sessionId: string, runId: string, answer: unknown): SessionView {
  const [own, keyedId, keyed, session] = reply.parse(answer);
  return {
    session: sessionOf(sessionId, session),
    own: storedRun(sessionId, runId, own),
    keyed: keyedId === null || keyed === null ? undefined : storedRun(sessionId, keyedId, keyed),
  };
}

export function sessionOf(id: string, fields: readonly (string | null)[]): Session | undefined {
  const [createdAt, updatedAt, messageCount, activeRunId, queued] = fields;
  if (createdAt === undefined || createdAt === null) return undefined;
  return {
    id,
    createdAt: storedDate(createdAt),
    updatedAt: storedDate(updatedAt),
    messageCount: Number(messageCount),
    activeRunId: activeRunId ?? undefined,
    queuedRuns: Number(queued ?? 0),
  };
}
