import { z } from 'zod';
import type { CheckTold } from '../../../../application/use-cases/import-session.js';
import type { Agents } from '../../../../domain/agents.js';
import { isDeeperThan } from '../../../../domain/json-depth.js';
import type { WholeRun, WholeSession } from '../../../../domain/whole-session.js';
import { HttpProblem } from '../http-problem.js';
import { bodyTooLarge } from '../json-body.js';
import { type JsonPiece, JsonPieces } from '../json-pieces.js';
import { documentHeadSchema, sessionIn } from './document-head.js';
import { unkeepableIn } from './kept-text.js';
import { runRecordSchema } from './run-record-schema.js';
import { ToldBeside } from './told-beside.js';
import { invalidFields, wrongFields } from './user-message.js';
import { wholeRun } from './whole-run.js';

/** Deeper ones cannot be read everywhere; a call's arguments may have 200 levels. */
const DEEPEST = 220;
/** What a list that is wrong everywhere tells of. */
const MOST_PROBLEMS = 100;
/** What a store can be given in one step. */
const MOST_RUNS = 50_000;
const MOST_MESSAGES = 1_000_000;

export interface DocumentLimits {
  /** Of each of the two lists. */
  readonly listBytes: number;
  /** Of a single run or message, and of all else together. */
  readonly otherBytes: number;
}

export interface ReadDocument {
  readonly whole: WholeSession;
  /** Throws UnfitFields where the document tells of its session or messages what its runs do not. */
  readonly check: CheckTold;
}

/** Reads an exported session as it comes. No more of it is remembered than its runs, and few bytes a message. */
export class DocumentReader {
  private readonly pieces: JsonPieces;
  private readonly fields = new Map<string, unknown>();
  private readonly runs: WholeRun[] = [];
  private readonly told = new ToldBeside();
  private readonly issues: z.core.$ZodIssue[] = [];
  private isObject = true;
  private readonly bytes = { runs: 0, messages: 0, others: 0 };

  constructor(
    private readonly agents: Agents,
    private readonly limits: DocumentLimits,
  ) {
    this.pieces = new JsonPieces(['runs', 'messages'], limits.otherBytes);
  }

  /** Throws HttpProblem 400 for what is no JSON or no store can keep, 413, and 422 where it is wrong all over. */
  take(bytes: Uint8Array): void {
    for (const piece of this.pieces.take(bytes)) this.takePiece(piece);
  }

  /** What has come is all. Throws HttpProblem 400, or 422 field by field. */
  read(): ReadDocument {
    for (const piece of this.pieces.rest()) this.takePiece(piece);
    const result = documentHeadSchema.safeParse(this.isObject ? this.head : undefined);
    const issues = [...(result.error?.issues ?? []), ...this.issues];
    if (!result.success || issues.length > 0) throw invalidFields(new z.ZodError(issues.slice(0, MOST_PROBLEMS)));
    const session = sessionIn(result.data);
    const runs = this.runs.map((run) => ({ ...run, birth: { ...run.birth, sessionId: session.id } }));
    const { told, agents, fields } = this;
    return {
      whole: { ...session, runs },
      check: (kept, messages) => told.check(fields.get('session'), runs, kept, messages, agents),
    };
  }

  /** With what the lists were where they were none. */
  private get head(): object {
    const lists = { runs: this.runs, messages: [] };
    const there = Object.entries(lists).filter(([name]) => this.pieces.hasList(name));
    return { ...Object.fromEntries(this.fields), ...Object.fromEntries(there) };
  }

  private takePiece({ path, value, bytes }: JsonPiece): void {
    const [field, entry] = path;
    this.count(entry === undefined || field === undefined ? 'others' : (LISTS[field] ?? 'others'), bytes);
    refuseUnfit(path, value);
    if (field === undefined) this.isObject = false;
    else if (entry === undefined) this.fields.set(field, value);
    else if (field === 'runs') this.takeRun(value, entry);
    else this.takeMessage(value, entry);
  }

  private takeRun(value: unknown, entry: number): void {
    if (entry === MOST_RUNS) throw wrongFields([{ path: 'runs', message: `must be at most ${MOST_RUNS}` }]);
    this.told.takeRun(value);
    const result = runRecordSchema.safeParse(value);
    if (result.success) this.runs.push(wholeRun('', result.data));
    else for (const issue of result.error.issues) this.issues.push({ ...issue, path: ['runs', entry, ...issue.path] });
    if (this.issues.length >= MOST_PROBLEMS) throw invalidFields(new z.ZodError(this.issues.slice(0, MOST_PROBLEMS)));
  }

  private takeMessage(value: unknown, entry: number): void {
    if (entry === MOST_MESSAGES) throw wrongFields([{ path: 'messages', message: `must be at most ${MOST_MESSAGES}` }]);
    this.told.takeMessage(value);
  }

  private count(what: keyof DocumentReader['bytes'], bytes: number): void {
    const { listBytes, otherBytes } = this.limits;
    const limit = what === 'others' ? otherBytes : listBytes;
    this.bytes[what] += bytes;
    if (this.bytes[what] > limit) throw bodyTooLarge(limit);
  }
}

const LISTS: Readonly<Record<string, 'runs' | 'messages'>> = { runs: 'runs', messages: 'messages' };

function refuseUnfit(path: readonly (string | number)[], value: unknown): void {
  if (isDeeperThan(DEEPEST - path.length, value))
    throw wrongFields([{ path: '', message: `must have at most ${DEEPEST} levels` }]);
  const unkeepable = unkeepableIn(value);
  if (unkeepable === undefined) return;
  const place = [...path, ...unkeepable].join('.');
  throw new HttpProblem(400, 'invalid_text', `${place}: must not hold NUL or half a surrogate pair.`);
}
