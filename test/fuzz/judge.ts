import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { RawAnswer } from './answers.js';
import type { Attempt } from './attempt.js';
import type { PromisedCodes } from './promised-codes.js';
import type { Outcome } from './raw-exchange.js';

type FaultKind = '5xx' | 'HTML' | 'no problem' | 'broken answer' | 'no answer' | 'not refused';

export interface Fault {
  readonly kind: FaultKind;
  readonly detail: string;
}

/** What docs/protocol.md promises of every refusal. */
const problemSchema = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().min(1),
  code: z.string(),
  request_id: z.string().min(1),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string().min(1) })).optional(),
  run_id: z.string().optional(),
});

const RETRIED: readonly number[] = [409, 429, 503];
/** So much the service may leave unread when it refuses, and then its answer may be lost on the way. */
const UNREAD_BYTES = 16_000;

/** Everything about these answers that the protocol does not allow. */
export function faultsOf(attempt: Attempt, outcome: Outcome, promised: PromisedCodes): readonly Fault[] {
  const { answers, end } = outcome;
  if (end === 'hung') return [{ kind: 'no answer', detail: `nothing for ${attempt.milliseconds} ms` }];
  const found = answers.flatMap((answer) => answerFaults(answer, attempt, promised));
  if (answers.length === 0 && !mayBeSilent(attempt, end))
    found.push({ kind: 'no answer', detail: `the end was ${end}` });
  if (attempt.mustBeRefused && !isOneRefusal(answers)) {
    found.push({ kind: 'not refused', detail: answers.map(({ status }) => status).join(', ') });
  }
  return found;
}

function mayBeSilent({ maySayNothing, pieces }: Attempt, end: Outcome['end']): boolean {
  const sent = pieces.reduce((sum, { length }) => sum + length, 0);
  return maySayNothing || (end === 'reset' && sent > UNREAD_BYTES);
}

function isOneRefusal(answers: readonly RawAnswer[]): boolean {
  return answers.length <= 1 && answers.every(({ status }) => status >= 400);
}

function answerFaults(answer: RawAnswer, attempt: Attempt, promised: PromisedCodes): Fault[] {
  const { status, headers, body, isWhole } = answer;
  const found: Fault[] = [];
  const fault = (kind: FaultKind, detail: string) => found.push({ kind, detail: `${status}: ${detail}` });
  if (status === 0) fault('broken answer', JSON.stringify(body.slice(0, 80)));
  if (!isWhole) fault('broken answer', 'the body broke off');
  if (status >= 500) fault('5xx', body.slice(0, 200));
  if (isHtml(answer) && !isPage(answer, attempt)) fault('HTML', body.slice(0, 80));
  if (status > 0 && headers['x-request-id'] === undefined) fault('no problem', 'an answer without X-Request-Id');
  else if (status >= 400) for (const detail of problemFaults(answer, attempt, promised)) fault('no problem', detail);
  return found;
}

function isHtml({ headers, body }: RawAnswer): boolean {
  return /html/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html)/i.test(body);
}

function isPage({ status }: RawAnswer, { path }: Attempt): boolean {
  return status < 400 && /^\/(docs|chat)/i.test(path);
}

function problemFaults({ status, headers, body }: RawAnswer, attempt: Attempt, promised: PromisedCodes): string[] {
  const type = headers['content-type'] ?? '';
  const form = type === 'application/problem+json' ? bodyFaults : doorForm(attempt.path, type);
  if (form === undefined) return [`type ${type}`];
  const late = RETRIED.includes(status) && !(Number(headers['retry-after']) > 0) ? ['no Retry-After'] : [];
  const allow = status === 405 && !headers.allow ? ['no Allow'] : [];
  if (attempt.method === 'HEAD') return [...late, ...allow];
  return [...late, ...allow, ...form(status, headers['x-request-id'], body, promised)];
}

type Form = typeof bodyFaults;

/** Some doors refuse in the form that their clients read. */
function doorForm(path: string, type: string): Form | undefined {
  if (/^\/v1\/(chat|responses|models)/.test(path)) return type === 'application/json' ? openAiFaults : undefined;
  if (path.startsWith('/ai/')) return type.startsWith('text/plain') ? textFaults : undefined;
  return path.startsWith('/ag-ui') && type.startsWith('application/json') ? bodyFaults : undefined;
}

const openAiSchema = z.strictObject({
  error: z.strictObject({ message: z.string(), type: z.string(), param: z.string().nullable(), code: z.string() }),
});

/** What is 422 elsewhere is 400 there. */
function openAiFaults(status: number, _id: string | undefined, body: string, promised: PromisedCodes): string[] {
  const parsed = openAiSchema.safeParse(jsonOf(body));
  if (!parsed.success) return [z.prettifyError(parsed.error)];
  const { code, message } = parsed.data.error;
  const codes = [...(promised[status] ?? []), ...(status === 400 ? (promised[422] ?? []) : [])];
  return [...(codes.includes(code) ? [] : [`code ${code}, which is not promised`]), ...stackIn(message)];
}

function textFaults(_status: number, _id: string | undefined, body: string): string[] {
  return body.trim() === '' ? ['no words'] : stackIn(body);
}

function stackIn(text: string): string[] {
  return /\n\s+at |node_modules/.test(text) ? ['a stack trace'] : [];
}

function bodyFaults(status: number, requestId: string | undefined, body: string, promised: PromisedCodes): string[] {
  const parsed = problemSchema.safeParse(jsonOf(body));
  if (!parsed.success) return [z.prettifyError(parsed.error)];
  const problem = parsed.data;
  return [
    ...(problem.status === status ? [] : [`status ${problem.status} in the body`]),
    ...(problem.title === STATUS_CODES[status] ? [] : [`title ${problem.title}`]),
    ...(problem.type === `urn:agent-runtime:problem:${problem.code}` ? [] : [`type ${problem.type}`]),
    ...(problem.request_id === requestId ? [] : ['another request_id than in the header']),
    ...(promised[status]?.includes(problem.code) ? [] : [`code ${problem.code}, which is not promised`]),
    ...((problem.code === 'invalid_request') === (problem.errors !== undefined) ? [] : ['errors in the wrong place']),
    ...stackIn(problem.detail),
  ];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
