import { z } from 'zod';
import { choiceOf } from '../../../../domain/choice.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { isEnded, type Run, type Usage } from '../../../../domain/run.js';
import type { Choices } from '../../../../domain/written-choice.js';
import { toldModel } from '../openai/openai-choice.js';
import type { OutputItem } from './output-items.js';
import { flatTool, flatToolChoice } from './response-tools.js';

export const responseSchema = z
  .looseObject({
    id: z.string().meta({ example: 'resp_0199' }),
    object: z.literal('response'),
    created_at: z.int(),
    completed_at: z.int().nullable(),
    status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'cancelled', 'failed']),
    error: z.object({ code: z.literal('server_error'), message: z.string() }).nullable(),
    incomplete_details: z
      .object({
        reason: z.string().meta({ description: '`max_output_tokens`, `content_filter`, `cancelled`, `interrupted`.' }),
      })
      .nullable(),
    model: z.string(),
    output: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    usage: z.looseObject({ input_tokens: z.int(), output_tokens: z.int(), total_tokens: z.int() }).nullable(),
  })
  .meta({ id: 'OpenAiResponse', description: 'What the request said of itself is told again beside these.' });

/** What becomes of a response while it is written. */
export interface ResponseState {
  readonly status: z.input<typeof responseSchema>['status'];
  readonly output: readonly OutputItem[];
  readonly usage?: Usage | undefined;
  readonly completedAt?: Date | undefined;
  readonly error?: string | undefined;
  readonly incompleteReason?: string | undefined;
}

export type ResponseView = (state: ResponseState) => Fields;

/** How a run is told as a response, all keys always. */
export function responseViewOf(run: Run, choices: Choices): ResponseView {
  const told = toldOf(run);
  const head = { id: responseId(run.id), object: 'response', created_at: seconds(run.createdAt) };
  const model = toldModel(run, choices);
  return ({ status, output, usage, completedAt, error, incompleteReason }) => ({
    ...head,
    ...told,
    model,
    status,
    completed_at: completedAt === undefined ? null : seconds(completedAt),
    error: error === undefined ? null : { code: 'server_error', message: error },
    incomplete_details: incompleteReason === undefined ? null : { reason: incompleteReason },
    output,
    usage: usageView(usage),
  });
}

function responseId(runId: string): string {
  return `resp_${runId}`;
}

/** Whether its client wants to read it again. */
export function isStored(run: Run): boolean {
  return run.request.choice?.echo?.store !== false && !(isEnded(run) && run.isForgotten === true);
}

/** What the request said; what OpenAI says where it said nothing. */
function toldOf(run: Run): Fields {
  const { tools = [], toolChoice, options } = choiceOf(run);
  const sent = isFields(options?.extra) ? options.extra : {};
  return {
    background: false,
    instructions: null,
    max_output_tokens: sent.max_completion_tokens ?? null,
    metadata: {},
    parallel_tool_calls: sent.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: true,
    temperature: sent.temperature ?? null,
    text: { format: { type: 'text' } },
    tool_choice: flatToolChoice(toolChoice),
    tools: tools.map(flatTool),
    top_p: sent.top_p ?? null,
    truncation: 'disabled',
    ...run.request.choice?.echo,
  };
}

function usageView(usage: Usage | undefined) {
  if (usage === undefined) return null;
  const { inputTokens, outputTokens, totalTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: totalTokens,
  };
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
