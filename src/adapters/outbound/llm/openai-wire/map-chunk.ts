import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import type { Usage } from '../../../../domain/run.js';
import { choiceOf, choicesOf, hasNumberForText, indexOf, parseAsWritten } from './chunk.js';
import { deltaParts } from './delta-parts.js';
import { errorReported } from './map-error.js';
import { tellsNoError } from './says-nothing.js';
import { mapUsage } from './usage.js';

/** What one chunk says that we use: a `chat.completion.chunk`, or a whole `chat.completion`. Servers differ in what
 *  they leave out and in how they write it: a field that cannot be read counts as left out. */
export interface ChunkContent {
  readonly hasChoice: boolean;
  /** Of the choice that is heard; undefined where it tells none. */
  readonly index: number | undefined;
  /** What is new: text and reasoning. */
  readonly parts: readonly CompletionPart[];
  /** Where that came in; calls of tools are in it too. */
  readonly delta: unknown;
  /** What has been said in all, where the server tells that; in place of what is new where it answers whole. */
  readonly message: unknown;
  /** The upstream's own word. */
  readonly finishWord: string | undefined;
  readonly usage: Usage | undefined;
}

/** The content of one event's data, which is `text`. `heard` is the index of the choice that earlier chunks were about.
 *  Throws LlmError when it reports an error, or has content that cannot be read. */
export function mapChunk(chunk: Fields, text: string, heard: number | undefined): ChunkContent {
  const choices = choicesOf(chunk);
  const choice = choiceOf(choices, heard);
  if (isReport(chunk, choices) || isError(choice?.error)) throw errorReported(text);
  const usage = mapUsage(chunk.usage);
  if (choice === undefined) return { ...SILENCE, usage };
  if (hasNumberForText(choice)) return mapAsWritten(text, heard);
  const { delta, message, finish_reason } = choice;
  const parts = deltaParts(delta);
  return {
    hasChoice: true,
    index: indexOf(choice),
    // Where the older completions have their text.
    parts: parts.length > 0 || message ? parts : deltaParts(choice.text),
    delta,
    message: message ?? undefined,
    finishWord: finish_reason === null ? undefined : wordOf(finish_reason),
    usage,
  };
}

function mapAsWritten(text: string, heard: number | undefined): ChunkContent {
  const written = parseAsWritten(text);
  if (!isFields(written)) throw notAChunk(text);
  return mapChunk(written, text, heard);
}

const SILENCE = {
  hasChoice: false,
  index: undefined,
  parts: [],
  delta: undefined,
  message: undefined,
  finishWord: undefined,
};

/** Its text may be the model's, and so is not for the log. */
export function notAChunk(text: string): LlmError {
  return new LlmError('upstream_protocol', { detail: `${text.length} characters that are no completion chunk` });
}

/** Most have an `error`; vLLM says `object: "error"`, and some have only words where an answer has choices or usage. */
function isReport(chunk: Fields, choices: readonly unknown[]): boolean {
  if (isError(chunk.error) || chunk.object === 'error') return true;
  if (choices.length > 0 || isFields(chunk.usage)) return false;
  const { code, message, detail } = chunk;
  if ((chunk.choices ?? undefined) !== undefined) return Number(code) >= 400;
  return isError(code) || isError(message) || isError(detail);
}

function isError(field: unknown): boolean {
  return field !== undefined && !tellsNoError(field);
}

/** SGLang's own form is an object with a type. */
function wordOf(reason: unknown): string | undefined {
  const word = isFields(reason) ? (reason.type ?? reason.reason) : reason;
  return typeof word === 'string' && word !== '' ? word : undefined;
}
