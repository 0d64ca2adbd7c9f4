import { type Choice, choiceOf } from './choice.js';
import { type Fields, isFields } from './fields.js';
import type { PromptMessage } from './prompt-message.js';
import type { RunBirth } from './run.js';
import type { ToolCall } from './tool-call.js';

/** The whole prompt of a run whose client keeps the history itself, as that client wrote it; undefined for any other
 *  run. */
export function transcriptOf(birth: Pick<RunBirth, 'request' | 'inherited'>): Choice['transcript'] {
  return choiceOf(birth).transcript;
}

/** The calls that a run leaves to be settled in its session: none where its client keeps the history, and so brings the
 *  results. */
export function settledHere<Call>(calls: readonly Call[], birth: RunBirth | undefined): readonly Call[] {
  return birth !== undefined && transcriptOf(birth) !== undefined ? [] : calls;
}

/** Messages in the form of OpenAI's chat completions. The model gets each as it was written. */
export function promptOfTranscript(transcript: readonly Fields[]): readonly PromptMessage[] {
  return transcript.map((written) => ({ ...promptMessage(written), written }));
}

function promptMessage({ role, content: said, tool_call_id, tool_calls }: Fields): PromptMessage {
  const content = writtenText(said);
  if (role === 'tool') return { role, callId: String(tool_call_id), content };
  if (role === 'assistant') return { role, content, toolCalls: callsIn(tool_calls) };
  return { role: role === 'system' || role === 'developer' ? role : 'user', content };
}

/** A text, or the texts among its parts. */
export function writtenText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: unknown) => (isFields(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

function callsIn(calls: unknown): readonly ToolCall[] {
  if (!Array.isArray(calls)) return [];
  return calls.filter(isFields).map(({ id, function: called }) => {
    const { name, arguments: written } = isFields(called) ? called : {};
    return { callId: String(id), toolName: String(name), arguments: objectIn(written) };
  });
}

function objectIn(json: unknown): Fields {
  if (typeof json !== 'string') return {};
  try {
    const read: unknown = JSON.parse(json);
    return isFields(read) ? read : {};
  } catch {
    return {};
  }
}
