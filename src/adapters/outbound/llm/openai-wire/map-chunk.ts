import { LlmError } from '../../../../domain/errors.js';
import type { Usage } from '../../../../domain/run.js';
import { type Chunk, type Delta, isChunk, isUsage } from './chunk.js';
import { errorReported } from './map-error.js';

/** What one chunk says that we use. */
export interface ChunkContent {
  readonly hasChoice: boolean;
  readonly texts: readonly string[];
  /** The upstream's own word. */
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
}

/** The content of one event's data. Throws LlmError when it is no chunk, or reports an error. */
export function mapChunk(text: string): ChunkContent {
  const chunk = parseJson(text);
  if (!isChunk(chunk)) throw notAChunk(text);
  // One answer was asked for; of a server that sends several, the first is heard.
  const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
  if (isReport(chunk) || isError(choice?.error)) throw errorReported(text);
  return {
    hasChoice: choice !== undefined,
    texts: textsOf(choice?.delta ?? choice?.message),
    // Some servers say '' until the end.
    finishReason: choice?.finish_reason || undefined,
    usage: mapUsage(chunk.usage),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's error quotes its input, so it is not kept as the cause.
    throw notAChunk(text);
  }
}

/** Its text may be the model's, and so is not for the log. */
function notAChunk(text: string): LlmError {
  return new LlmError('upstream_protocol', { detail: `${text.length} characters that are no completion chunk` });
}

/** Most have an `error`; vLLM says `object: "error"`, and some have only words where an answer has choices or usage. */
function isReport({ error, object, choices, usage, code, message, detail }: Chunk): boolean {
  if (isError(error) || object === 'error') return true;
  const hasWords = isError(code) || isError(message) || isError(detail);
  return hasWords && choices === undefined && usage === undefined;
}

/** Some servers send the field always, and empty while all is well. */
function isError(field: unknown): boolean {
  return field !== undefined && field !== null && field !== '' && field !== false;
}

function textsOf(delta: Delta | null | undefined): string[] {
  const texts: string[] = [];
  if (delta?.content) texts.push(delta.content);
  // A refusal is an answer too: people are to read it.
  if (delta?.refusal) texts.push(delta.refusal);
  return texts;
}

function mapUsage(usage: unknown): Usage | undefined {
  if (!isUsage(usage)) return undefined;
  const { prompt_tokens: inputTokens, completion_tokens, total_tokens } = usage;
  const outputTokens = completion_tokens ?? 0;
  return { inputTokens, outputTokens, totalTokens: total_tokens ?? inputTokens + outputTokens };
}
