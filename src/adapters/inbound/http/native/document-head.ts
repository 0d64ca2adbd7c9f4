import { z } from 'zod';
import { type FieldProblem, UnfitFields } from '../../../../domain/field-problem.js';
import { isFields } from '../../../../domain/fields.js';
import { METADATA_KEY, metadataWith, titleProblem } from '../../../../domain/session-labels.js';
import type { WholeSession } from '../../../../domain/whole-session.js';
import { USER_ID } from '../user-id.js';
import { recordTime } from './run-record-schema.js';
import { DOCUMENT } from './session-document.js';
import { sessionIdField } from './user-message.js';

const NOTE = z.union([z.string(), z.number(), z.boolean()]);

/** What a document says of a session besides its runs and messages, of which only the lists are looked at here. */
export const documentHeadSchema = z.object(
  {
    format: z.literal(DOCUMENT.format),
    version: z.literal(DOCUMENT.version),
    session: z.object({
      session_id: sessionIdField,
      user_id: z.string().regex(USER_ID, 'must be as X-User-Id names a user').nullish(),
      created_at: recordTime,
      updated_at: recordTime,
      title: z.string(),
      title_set: z.boolean(),
      metadata: z.custom<Readonly<Record<string, z.output<typeof NOTE>>>>(isFields, 'must be a JSON object'),
    }),
    runs: z.array(z.unknown()).min(1),
    messages: z.array(z.unknown()),
  },
  'must be a JSON object',
);

export type DocumentHead = z.output<typeof documentHeadSchema>;

/** The session without its runs. Throws UnfitFields where it cannot be called so. */
export function sessionIn({ session }: DocumentHead): Omit<WholeSession, 'runs'> {
  const { session_id: id, user_id, created_at, updated_at, title, title_set, metadata } = session;
  const problems = labelProblems(session);
  if (problems.length > 0) throw new UnfitFields(problems);
  return {
    id,
    userId: user_id ?? undefined,
    createdAt: created_at,
    updatedAt: updated_at,
    title: title_set ? title : undefined,
    metadata: metadataWith(undefined, metadata),
  };
}

function labelProblems({ title, title_set, metadata }: DocumentHead['session']): readonly FieldProblem[] {
  const wrongTitle = title_set ? titleProblem(title) : undefined;
  const keys = Object.entries(metadata).filter(
    ([key, value]) => !METADATA_KEY.test(key) || !NOTE.safeParse(value).success,
  );
  return [
    ...(wrongTitle === undefined ? [] : [{ path: ['session', 'title'], message: wrongTitle }]),
    ...keys.slice(0, MOST_NAMED).map(([key]) => ({ path: ['session', 'metadata', key], message: 'is no metadata' })),
    ...tooMuch(metadata),
  ];
}

const MOST_NAMED = 100;

function tooMuch(metadata: DocumentHead['session']['metadata']): readonly FieldProblem[] {
  try {
    metadataWith(undefined, metadata);
    return [];
  } catch (error) {
    if (!(error instanceof UnfitFields)) throw error;
    return error.problems.map(({ path, message }) => ({ path: ['session', ...path], message }));
  }
}
