import { type Fields, isFields } from '../../../../domain/fields.js';
import { isDeeperThan } from '../../../../domain/json-depth.js';
import type { PromptMessage } from '../../../../domain/prompt-message.js';
import type { ProviderData, ToolCall } from '../../../../domain/tool-call.js';

/** Some models want to be given back what they sent with their calls, and refuse the next request of the turn without
 *  it: DeepSeek and Kimi their reasoning, Gemini the signature of its thoughts. Others refuse fields that they do not
 *  know. */

/** What is to be given back with one entry of `tool_calls`; undefined where that is nothing. */
export function keptOfCall(entry: Fields): Fields | undefined {
  const names = CALL_FIELDS.filter((name) => isKeepable(entry[name]));
  return filled(Object.fromEntries(names.map((name) => [name, entry[name]])));
}

/** The reasoning of one answer, under the names that its server has for it. */
export class KeptReasoning {
  private readonly texts = new Map<string, string>();
  private readonly details: Fields[] = [];
  private length = 0;

  /** What is new in a delta. */
  add(delta: unknown): void {
    if (!isFields(delta) || this.length > LONGEST) return;
    for (const name of TEXT_FIELDS) this.addText(name, delta[name]);
    if (Array.isArray(delta.reasoning_details)) for (const piece of delta.reasoning_details) this.addDetail(piece);
  }

  /** A whole message tells again what its deltas told. */
  addMessage(message: unknown): void {
    if (this.fields === undefined) this.add(message);
  }

  /** Undefined where there was none, or more than is kept. */
  get fields(): Fields | undefined {
    if (this.length > LONGEST) return undefined;
    const details = this.details.length === 0 ? {} : { reasoning_details: this.details };
    return filled({ ...Object.fromEntries(this.texts), ...details });
  }

  private addText(name: string, piece: unknown): void {
    if (typeof piece !== 'string' || piece === '') return;
    this.length += piece.length;
    this.texts.set(name, (this.texts.get(name) ?? '') + piece);
  }

  /** OpenRouter cuts each entry into pieces, which are one entry when they are given back. */
  private addDetail(piece: unknown): void {
    if (!isKeepable(piece)) return;
    this.length += JSON.stringify(piece).length;
    const last = this.details.at(-1);
    const joined = last && joinedDetail(last, piece);
    if (joined === undefined) this.details.push(piece);
    else this.details[this.details.length - 1] = joined;
  }
}

/** A message of a prompt with what its model wants back: its own fields, and those of each call. */
export function givenBack(calls: readonly ToolCall[], model: string | undefined): GivenBack {
  const kept = calls.map(({ providerData }) => dataOf(providerData, model));
  return {
    message: kept.find((data) => data?.message !== undefined)?.message ?? {},
    calls: kept.map((data) => data?.call ?? {}),
  };
}

interface GivenBack {
  readonly message: Fields;
  readonly calls: readonly Fields[];
}

/** Whether something of this prompt goes back to this model. */
export function givesBack(prompt: readonly PromptMessage[], model: string): boolean {
  return prompt.some((message) =>
    callsOf(message).some(({ providerData }) => dataOf(providerData, model) !== undefined),
  );
}

/** Who wants its `reasoning_content` back wants one in every message of its own, also where it thought nothing that was
 *  kept. */
export function unsaidReasoning(prompt: readonly PromptMessage[], model: string | undefined): Fields {
  const isWanted = prompt.some((message) =>
    callsOf(message).some(({ providerData }) => dataOf(providerData, model)?.message?.reasoning_content !== undefined),
  );
  return isWanted ? { reasoning_content: '' } : {};
}

function callsOf(message: PromptMessage): readonly ToolCall[] {
  return (message.role === 'assistant' && message.toolCalls) || [];
}

/** Undefined where there is nothing. */
export function providerDataOf(model: string, call: Fields | undefined, message: Fields | undefined) {
  if (call === undefined && message === undefined) return undefined;
  return { model, ...(call && { call }), ...(message && { message }) };
}

function dataOf(data: ProviderData | undefined, model: string | undefined): ProviderData | undefined {
  return data?.model === model ? data : undefined;
}

function joinedDetail(last: Fields, piece: Fields): Fields | undefined {
  const name = ['text', 'summary'].find((field) => typeof last[field] === 'string' && typeof piece[field] === 'string');
  const isSame = ['type', 'index', 'id', 'format'].every((field) => last[field] === piece[field]);
  if (name === undefined || !isSame) return undefined;
  return { ...last, ...piece, [name]: `${last[name]}${piece[name]}` };
}

/** What can be written again. */
function isKeepable(value: unknown): value is Fields {
  return isFields(value) && !isDeeperThan(MOST_LEVELS, value);
}

function filled(fields: Fields): Fields | undefined {
  return Object.keys(fields).length === 0 ? undefined : fields;
}

const MOST_LEVELS = 100;
const CALL_FIELDS = ['extra_content', 'provider_specific_fields'] as const;
const TEXT_FIELDS = ['reasoning_content', 'reasoning'] as const;
/** Characters; far above what a model thinks before it asks for a call. */
const LONGEST = 1024 * 1024;
