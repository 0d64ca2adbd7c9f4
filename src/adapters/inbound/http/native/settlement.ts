import { z } from 'zod';
import type { Choice } from '../../../../domain/choice.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import type { OnDisconnect, RunRequest } from '../../../../domain/run.js';
import type { Decision, GivenResult, Settlement } from '../../../../domain/settling.js';
import { type Choices, choiceProblems, readChoice } from '../../../../domain/written-choice.js';
import { HttpProblem } from '../http-problem.js';
import { unkeepableIn } from './kept-text.js';
import type { SentFields } from './sent-fields.js';
import { onDisconnectField, sessionIdField, wrongFields } from './user-message.js';

const callId = z
  .string('must be the id of a call')
  .min(1, 'must be the id of a call')
  .meta({ description: 'Of an open call.' });

const result = z.unknown().optional().meta({ description: 'Any JSON. Text goes to the model as it is.' });
const error = z.string('must be a string').nullish().meta({ description: 'What went wrong, in place of a result.' });

const givenSchema = z.object({ call_id: callId, result, error }, 'must be an object with call_id and result or error');

export const toolResultSchema = z
  .object({
    session_id: sessionIdField,
    type: z.literal('tool_result'),
    call_id: callId.optional(),
    result,
    error,
    results: z
      .array(givenSchema, 'must be a list of results')
      .min(1, 'must not be empty')
      .optional()
      .meta({ description: 'Several at once: all of them or nothing.' }),
    on_disconnect: onDisconnectField,
  })
  .meta({ id: 'ToolResult', description: 'What came of a call that the client has made.' });

export const decisionSchema = z
  .object({
    session_id: sessionIdField,
    type: z.literal('hitl_decision'),
    call_id: callId,
    decision: z.enum(['approve', 'edit', 'reject'], 'must be "approve", "edit" or "reject"'),
    modified_arguments: z
      .record(z.string(), z.unknown(), 'must be an object')
      .nullish()
      .meta({ description: 'Needed with `edit`: the arguments that count.' }),
    feedback: z.string('must be a string').nullish().meta({ description: 'Told to the model when it is refused.' }),
    on_disconnect: onDisconnectField,
  })
  .meta({ id: 'HitlDecision', description: 'Whether a call may be made that needs approval.' });

export interface SentSettlements {
  readonly sessionId: string;
  readonly request: RunRequest;
  readonly settlements: readonly Settlement[];
}

/** What the fields of a body say of calls; undefined where they are of another type. Throws HttpProblem 422, field by
 *  field, or 400 for text no store can keep. */
export function parseSettlements(sent: SentFields, choices: Choices): SentSettlements | undefined {
  const { fields, pathOf } = sent;
  if (!isFields(fields) || !isSettling(fields)) return undefined;
  const parsed = fields.type === 'tool_result' ? toolResultSchema.safeParse(fields) : decisionSchema.safeParse(fields);
  const problems = [...(parsed.error?.issues ?? []), ...problemsOf(fields), ...choiceProblems(fields, choices)];
  if (!parsed.success || problems.length > 0)
    throw wrongFields(problems.map(({ path, message }) => ({ path: pathOf(path), message })));
  const settlements = parsed.data.type === 'tool_result' ? givenResults(fields) : [decisionOf(parsed.data)];
  refuseUnkeepable(settlements);
  const request = requestOf(settlements, parsed.data.on_disconnect, readChoice(fields, choices));
  return { sessionId: parsed.data.session_id, request, settlements };
}

function requestOf(
  settlements: readonly Settlement[],
  onDisconnect: OnDisconnect | undefined,
  choice: Choice | undefined,
): RunRequest {
  const settles = settlements.map(({ callId }) => callId);
  return { content: '', onBusy: undefined, onDisconnect, settles, ...(choice && { choice }) };
}

function refuseUnkeepable(settlements: readonly Settlement[]): void {
  if (unkeepableIn(settlements) === undefined) return;
  throw new HttpProblem(400, 'invalid_text', 'What is said of a call must not hold NUL or half of a surrogate pair.');
}

function isSettling({ type }: Fields): boolean {
  return type === 'tool_result' || type === 'hitl_decision';
}

interface Problem {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** What no schema can say. */
function problemsOf(fields: Fields): readonly Problem[] {
  if (fields.type === 'tool_result')
    return Array.isArray(fields.results) ? listProblems(fields) : resultProblems(fields, []);
  if (fields.decision !== 'edit' || isFields(fields.modified_arguments)) return [];
  return [{ path: ['modified_arguments'], message: 'is required with "edit"' }];
}

function listProblems(fields: Fields): readonly Problem[] {
  const results: readonly unknown[] = Array.isArray(fields.results) ? fields.results : [];
  const isBoth = fields.call_id !== undefined;
  const ids = results.map((one) => (isFields(one) ? one.call_id : undefined));
  return [
    ...(isBoth ? [{ path: ['call_id'], message: 'must not stand beside results' }] : []),
    ...results.flatMap((one, index) => (isFields(one) ? resultProblems(one, ['results', index]) : [])),
    ...ids.flatMap((id, index) =>
      typeof id === 'string' && ids.indexOf(id) < index
        ? [{ path: ['results', index, 'call_id'], message: 'is the id of another result, too' }]
        : [],
    ),
  ];
}

/** Either a result or an error. */
function resultProblems(given: Fields, path: readonly PropertyKey[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (given.call_id === undefined) problems.push({ path: [...path, 'call_id'], message: 'is required' });
  if (hasResult(given) === hasError(given))
    problems.push({ path: [...path, 'result'], message: 'must be there, or else error' });
  return problems;
}

function hasError({ error }: Fields): boolean {
  return error !== undefined && error !== null;
}

/** Some clients write every field, with null for what is not there. */
function hasResult(given: Fields): boolean {
  return given.result !== undefined && !(given.result === null && hasError(given));
}

function givenResults(fields: Fields): readonly GivenResult[] {
  const given: readonly unknown[] = Array.isArray(fields.results) ? fields.results : [fields];
  return given.filter(isFields).map((one) => {
    const content = hasError(one) ? String(one.error) : textOf(one.result);
    return { callId: String(one.call_id), status: hasError(one) ? 'error' : 'ok', content };
  });
}

function textOf(result: unknown): string {
  return typeof result === 'string' ? result : JSON.stringify(result);
}

function decisionOf(sent: z.output<typeof decisionSchema>): Decision {
  const { call_id, decision, modified_arguments, feedback } = sent;
  const given = decision === 'edit' ? { arguments: modified_arguments ?? {} } : {};
  return { callId: call_id, decision, ...given, feedback: feedback ?? undefined };
}
