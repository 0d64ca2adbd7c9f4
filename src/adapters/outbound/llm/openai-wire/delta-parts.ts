import type { CompletionPart } from '../../../../application/ports/llm-gateway.js';
import { LlmError } from '../../../../domain/errors.js';
import { type Fields, isFields } from '../../../../domain/fields.js';

/** What a delta or a message says, in order: text and reasoning. Throws LlmError where it has content that cannot be
 *  read. */
export function deltaParts(delta: unknown): CompletionPart[] {
  const parts: CompletionPart[] = [];
  if (isFields(delta)) addFields(parts, delta);
  else if (typeof delta === 'string' || Array.isArray(delta)) addContent(parts, delta);
  return parts;
}

function addFields(parts: CompletionPart[], delta: Fields): void {
  const { content, refusal, reasoning_content, reasoning, reasoning_details, thinking, thinking_blocks } = delta;
  if (reasoning_content || reasoning || reasoning_details || thinking || thinking_blocks)
    addReasoning(parts, [reasoning_content, reasoning, reasoning_details, thinking, thinking_blocks]);
  if (typeof content === 'string') addText(parts, content);
  else addContent(parts, content);
  // A refusal is an answer too: people are to read it. Some servers have a flag there.
  if (typeof refusal === 'string' || Array.isArray(refusal)) addContent(parts, refusal);
}

/** Some servers tell the same under two names. */
function addReasoning(parts: CompletionPart[], fields: readonly unknown[]): void {
  fields.some((field) => addReasoned(parts, field));
}

function addText(parts: CompletionPart[], text: string): void {
  if (text !== '') parts.push({ type: 'text', text });
}

/** Content in any shape: a text, a part, a list of both. False is what some say for none. */
function addContent(parts: CompletionPart[], content: unknown, depth = 0): void {
  if (depth > DEEPEST) throw unreadable();
  if (typeof content === 'string') addText(parts, content);
  else if (content === true) addText(parts, 'true');
  else if (Array.isArray(content)) for (const part of content) addContent(parts, part, depth + 1);
  else if (isFields(content)) addPart(parts, content, depth + 1);
}

function addPart(parts: CompletionPart[], part: Fields, depth: number): void {
  const type = typeof part.type === 'string' ? part.type : '';
  if (REASONING_TYPE.test(type) || part.thought === true) addReasoned(parts, part);
  else if (!OTHER_TYPE.test(type)) addTextPart(parts, part, depth);
}

/** A part of a kind that nobody knows, without a text, is no text. Without a kind it may be one that we cannot read. */
function addTextPart(parts: CompletionPart[], part: Fields, depth: number): void {
  const name = TEXT_FIELDS.find((field) => part[field] !== undefined);
  if (name !== undefined) addContent(parts, part[name], depth);
  else if (part.type === undefined && Object.keys(part).length > 0) throw unreadable();
}

/** Whether it was reasoning. Where the upstream shows only that it reasons, the text is empty. */
function addReasoned(parts: CompletionPart[], reasoning: unknown): boolean {
  if (reasoning === '' || (typeof reasoning !== 'string' && !isFilled(reasoning))) return false;
  parts.push({ type: 'reasoning', text: reasonedText(reasoning) });
  return true;
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function reasonedText(reasoning: unknown, depth = 0): string {
  if (typeof reasoning === 'string') return reasoning;
  if (depth > DEEPEST) return '';
  if (Array.isArray(reasoning)) return reasoning.map((part) => reasonedText(part, depth + 1)).join('');
  if (!isFields(reasoning)) return '';
  const name = REASONED_FIELDS.find((field) => reasoning[field] !== undefined);
  return name === undefined ? '' : reasonedText(reasoning[name], depth + 1);
}

function unreadable(): LlmError {
  return new LlmError('upstream_protocol', { detail: 'content that is no text' });
}

const DEEPEST = 8;
const TEXT_FIELDS = ['text', 'output_text', 'value', 'content', 'refusal', 'parts'] as const;
const REASONED_FIELDS = ['thinking', 'text', 'reasoning', 'reasoning_content', 'summary', 'content', 'value'] as const;
const REASONING_TYPE = /think|thought|reason/i;
const OTHER_TYPE = /reference|citation|annotation|source|search|tool|function|image|audio|video|file|document/i;
