import { z } from 'zod';
import type { CheckTold } from '../../../../application/use-cases/import-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { type FieldProblem, UnfitFields } from '../../../../domain/field-problem.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { isDeeperThan } from '../../../../domain/json-depth.js';
import type { RunBirth } from '../../../../domain/run.js';
import { isSameJson } from '../../../../domain/same-json.js';
import type { RunOutcome } from '../../../../domain/session-head.js';
import { METADATA_KEY, metadataWith, titleProblem } from '../../../../domain/session-labels.js';
import { endedRunOf, type WholeRun, type WholeSession } from '../../../../domain/whole-session.js';
import { HttpProblem } from '../http-problem.js';
import { USER_ID } from '../user-id.js';
import { unkeepableIn } from './kept-text.js';
import { present, recordTime, runRecordSchema } from './run-record-schema.js';
import { runView } from './run-view.js';
import { messageView, sessionView } from './session-view.js';
import { invalidFields, sessionIdField, wrongFields } from './user-message.js';

/** What an export begins with, so that another document is told from one. */
export const DOCUMENT = { format: 'agent-runtime-session', version: 1 } as const;

/** Deeper ones cannot be read everywhere; a call's arguments may have 200 levels. */
const DEEPEST = 220;
/** What a list that is wrong everywhere tells of. */
const MOST_PROBLEMS = 100;

/** What a store can be given in one step. */
const MOST_RUNS = 50_000;

const NOTE = z.union([z.string(), z.number(), z.boolean()]);

const documentSchema = z.object(
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
    runs: z.array(runRecordSchema).min(1).max(MOST_RUNS),
    messages: z.array(z.unknown()),
  },
  'must be a JSON object',
);

type SessionDocument = z.output<typeof documentSchema>;

export interface ReadDocument {
  readonly whole: WholeSession;
  /** Throws UnfitFields where the document tells of its session or messages what its runs do not. */
  readonly check: CheckTold;
}

/** Throws HttpProblem 422, field by field, or 400 for text that no store can keep. */
export function readDocument(body: unknown, agents: Agents): ReadDocument {
  if (isDeeperThan(DEEPEST, body)) throw wrongFields([{ path: '', message: `must have at most ${DEEPEST} levels` }]);
  const unkeepable = unkeepableIn(body);
  if (unkeepable !== undefined)
    throw new HttpProblem(400, 'invalid_text', `${unkeepable.join('.')}: must not hold NUL or half a surrogate pair.`);
  const result = documentSchema.safeParse(body);
  if (!result.success) throw invalidFields(new z.ZodError(result.error.issues.slice(0, MOST_PROBLEMS)));
  const problems = labelProblems(result.data.session);
  if (problems.length > 0) throw new UnfitFields(problems);
  const whole = wholeIn(result.data);
  const told = isFields(body) ? body : {};
  return { whole, check: (session, messages) => check(told, whole, sessionView(session, agents), messages) };
}

function labelProblems({ title, title_set, metadata }: SessionDocument['session']): readonly FieldProblem[] {
  const wrongTitle = title_set ? titleProblem(title) : undefined;
  const keys = Object.entries(metadata).filter(
    ([key, value]) => !METADATA_KEY.test(key) || !NOTE.safeParse(value).success,
  );
  return [
    ...(wrongTitle === undefined ? [] : [{ path: ['session', 'title'], message: wrongTitle }]),
    ...keys.slice(0, MOST_PROBLEMS).map(([key]) => ({ path: ['session', 'metadata', key], message: 'is no metadata' })),
    ...tooMuch(metadata),
  ];
}

function tooMuch(metadata: SessionDocument['session']['metadata']): readonly FieldProblem[] {
  try {
    metadataWith(undefined, metadata);
    return [];
  } catch (error) {
    if (!(error instanceof UnfitFields)) throw error;
    return error.problems.map(({ path, message }) => ({ path: ['session', ...path], message }));
  }
}

function wholeIn({ session, runs }: SessionDocument): WholeSession {
  const { session_id: id, user_id, created_at, updated_at, title, title_set, metadata } = session;
  return {
    id,
    userId: user_id ?? undefined,
    createdAt: created_at,
    updatedAt: updated_at,
    title: title_set ? title : undefined,
    metadata: metadataWith(undefined, metadata),
    runs: runs.map((run) => wholeRun(id, run)),
  };
}

function wholeRun(sessionId: string, run: RunRecord): WholeRun {
  return { birth: present(birthIn(sessionId, run)), outcome: present(outcomeIn(run)), answer: run.answer };
}

type RunRecord = SessionDocument['runs'][number];

/** Every field of it: one that is missing here would be lost on the way. Whose it is, its session says. */
function birthIn(sessionId: string, run: RunRecord) {
  return {
    id: run.run_id,
    sessionId,
    userId: undefined,
    requestId: run.request_id,
    request: run.request,
    onDisconnect: run.on_disconnect,
    createdAt: run.created_at,
    takesBack: run.takes_back,
    continues: run.continues,
    inherited: run.inherited,
    switchedFrom: run.switched_from,
  } satisfies Record<keyof RunBirth, unknown>;
}

/** The same. Whom its writer was given next is of no use any more, and no document is trusted to count tokens. */
function outcomeIn(run: RunRecord) {
  return {
    finishReason: run.finish_reason,
    usage: run.usage ?? undefined,
    error: run.error ?? undefined,
    at: run.ended_at,
    attempts: run.attempts,
    epoch: run.epoch,
    stopCause: run.stop_cause,
    model: run.model ?? undefined,
    context: run.context ?? undefined,
    steps: run.steps,
    isRefused: run.is_refused,
    isForgotten: run.is_forgotten,
    continuedBy: run.continued_by,
    next: undefined,
    counts: undefined,
  } satisfies Record<keyof RunOutcome, unknown>;
}

type Messages = Parameters<CheckTold>[1];

/** `agent` is not looked at, since whom it names depends on the agents that there are; nor is whose it is, which the runs do not say. */
function check(
  told: Fields,
  { runs }: WholeSession,
  { agent: _agent, user_id: _user, ...session }: ReturnType<typeof sessionView>,
  messages: Messages,
): void {
  const problems = [
    ...differences(session, told.session, ['session']),
    ...entryDifferences(runs.map(statusView), told.runs, 'runs'),
    ...entryDifferences(messages.map(messageView), told.messages, 'messages'),
  ];
  if (problems.length > 0) throw new UnfitFields(problems.slice(0, MOST_PROBLEMS));
}

function statusView(run: WholeRun): object {
  const { session_id, status } = runView({ run: endedRunOf(run), openCalls: [] });
  return { session_id, status };
}

function entryDifferences(right: readonly object[], told: unknown, name: string): readonly FieldProblem[] {
  const given: readonly unknown[] = Array.isArray(told) ? told : [];
  if (given.length !== right.length)
    return [{ path: [name], message: `must be the ${right.length} that the runs say` }];
  return right.flatMap((entry, index) => differences(entry, given[index], [name, index]));
}

function differences(right: object, told: unknown, path: readonly (string | number)[]): readonly FieldProblem[] {
  const given = isFields(told) ? told : {};
  return Object.entries(right).flatMap(([name, value]) =>
    isSameJson(value, given[name]) ? [] : [{ path: [...path, name], message: 'is not what the runs say' }],
  );
}
