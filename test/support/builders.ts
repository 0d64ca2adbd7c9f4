import type { FinishedReply } from '../../src/application/ports/run-repository.js';
import type { NewTurn } from '../../src/application/ports/session-repository.js';
import type { Agent } from '../../src/domain/agent.js';
import type { Attempt } from '../../src/domain/attempt.js';
import type { Caller } from '../../src/domain/caller.js';
import type { Choice } from '../../src/domain/choice.js';
import type { OnBusy, QueuedRun, RunEnding, RunLease, Switching } from '../../src/domain/run.js';
import type { RunEvent } from '../../src/domain/run-event.js';
import type { Session } from '../../src/domain/session.js';
import type { TokenChunk } from '../../src/domain/token-chunk.js';

/** Who names no user. */
export const ANYBODY: Caller = { userId: undefined };

export const NEW_YEAR = new Date('2026-01-01T00:00:00.000Z');

export function aRun(fields: Partial<QueuedRun> = {}): QueuedRun {
  return {
    id: 'run1',
    sessionId: 'session1',
    requestId: 'request1',
    request: { content: 'Hello', onBusy: undefined, onDisconnect: undefined },
    onDisconnect: 'continue',
    status: 'queued',
    attempts: 0,
    epoch: 0,
    stopCause: undefined,
    finishReason: undefined,
    usage: undefined,
    error: undefined,
    createdAt: NEW_YEAR,
    endedAt: undefined,
    ...fields,
  };
}

export interface TurnFields {
  readonly runId?: string;
  readonly sessionId?: string;
  readonly content?: string;
  readonly onBusy?: OnBusy;
  readonly queueLimit?: number;
  readonly key?: string;
  readonly at?: Date;
  readonly replicaIsFull?: boolean;
  readonly maxSessionBytes?: number;
  /** Without a content, what that run asked is asked again. */
  readonly replaces?: string;
  readonly choice?: Choice;
  readonly switching?: Switching;
}

export function aTurn(fields: TurnFields = {}): NewTurn {
  const { runId = 'run1', sessionId = 'session1', at = NEW_YEAR, replaces } = fields;
  const { onBusy = 'reject', queueLimit = 8, key, replicaIsFull = false, maxSessionBytes = 64 * 1024 * 1024 } = fields;
  const asksAgain = replaces !== undefined && fields.content === undefined;
  const { content = asksAgain ? '' : 'Hello' } = fields;
  const replacing = replaces !== undefined && { replaces, ...(asksAgain && { asksAgain }) };
  const { choice, switching } = fields;
  const chosen = { ...(choice && { choice }), ...(switching && { switching }) };
  const request = { content, onBusy: undefined, onDisconnect: undefined, ...replacing, ...chosen };
  return {
    run: aRun({ id: runId, sessionId, request, createdAt: at }),
    onBusy,
    queueLimit,
    idempotencyKey: key,
    replicaIsFull,
    maxSessionBytes,
  };
}

/** The lease of a run's first writer. */
export function aLease(id = 'run1', fields: Partial<RunLease> = {}): RunLease {
  return { id, sessionId: 'session1', epoch: 1, ...fields };
}

/** The first call of a run's model. */
export function anAttempt(fields: Partial<Attempt> = {}): Attempt {
  return { number: 1, model: 'mock:fake-llm', ...fields };
}

/** Chunks with these texts, numbered from `first`. */
export function chunks(texts: readonly string[], first = 1): readonly TokenChunk[] {
  return texts.map((text, index) => ({ type: 'text-delta', sequence: first + index, text }));
}

export function anEnding(fields: Partial<RunEnding> = {}): RunEnding {
  return { finishReason: 'stop', usage: undefined, error: undefined, at: NEW_YEAR, ...fields };
}

export function aReply(text = '', lastSequence = 0, ending: Partial<RunEnding> = {}): FinishedReply {
  return { ending: anEnding(ending), text, lastSequence, handsOver: false };
}

export async function collect(events: AsyncIterable<readonly RunEvent[]>): Promise<RunEvent[]> {
  const collected: RunEvent[] = [];
  for await (const batch of events) collected.push(...batch);
  return collected;
}

export function textOf(events: readonly RunEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

export const NEVER = new AbortController().signal;

/** The error that a promise rejects with; fails when it resolves. */
export async function errorOf(promise: Promise<unknown> | undefined): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

export function aSession(fields: Partial<Session> = {}): Session {
  return {
    id: 'session1',
    createdAt: NEW_YEAR,
    updatedAt: NEW_YEAR,
    messageCount: 0,
    tellableCount: 0,
    activeRunId: undefined,
    status: 'idle',
    askedBy: undefined,
    queuedRuns: 0,
    title: '',
    isTitled: false,
    metadata: {},
    preview: '',
    usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    ...fields,
  };
}

export function anAgent(fields: Partial<Agent> = {}): Agent {
  return {
    name: 'default',
    description: undefined,
    model: 'mock:fake-llm',
    fallbacks: [],
    instructions: { text: 'Be brief.', role: 'system' },
    options: {},
    contextTokens: undefined,
    tools: [],
    maxSteps: 25,
    ...fields,
  };
}
