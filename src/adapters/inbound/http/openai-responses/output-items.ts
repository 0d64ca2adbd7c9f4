import type { AnswerCall, AnswerPart, AnswerText, TextKind } from '../../../../domain/answer-part.js';

/** The items of a response's output, as the wire has them. */
export type OutputItem = TextItem | CallItem;

type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

interface TextItem {
  readonly id: string;
  readonly type: 'message' | 'reasoning';
  readonly content: readonly object[];
}

interface CallItem {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What the two kinds of text differ in. */
interface TextForm {
  readonly type: TextItem['type'];
  readonly prefix: string;
  readonly part: string;
  /** Beside the text, in the part and in its events. */
  readonly inPart: object;
  readonly inEvents: object;
  item(status: ItemStatus): object;
}

export const TEXT_FORMS: Readonly<Record<TextKind, TextForm>> = {
  text: {
    type: 'message',
    prefix: 'msg',
    part: 'output_text',
    inPart: { annotations: [], logprobs: [] },
    inEvents: { logprobs: [] },
    item: (status) => ({ status, role: 'assistant' }),
  },
  reasoning: {
    type: 'reasoning',
    prefix: 'rs',
    part: 'reasoning_text',
    inPart: {},
    inEvents: {},
    item: () => ({ summary: [] }),
  },
};

/** It never changes, whoever reads the run. */
export function itemId(runId: string, { kind, place }: AnswerPart): string {
  return `${kind === 'call' ? 'fc' : TEXT_FORMS[kind].prefix}_${runId}_${place}`;
}

/** A part of an answer, as far as it is written. */
export function itemOf(runId: string, part: AnswerPart): OutputItem {
  return part.kind === 'call' ? callItem(runId, part) : textItem(runId, part, [textPart(part.kind, part.text)]);
}

export function textItem(runId: string, part: AnswerText, content: readonly object[]): TextItem {
  const { type, item } = TEXT_FORMS[part.kind];
  return { id: itemId(runId, part), type, ...item(STATUS[part.state]), content };
}

export function textPart(kind: TextKind, text: string): object {
  const { part, inPart } = TEXT_FORMS[kind];
  return { type: part, text, ...inPart };
}

function callItem(runId: string, part: AnswerCall): CallItem {
  const { callId, toolName } = part.call;
  const named = { call_id: callId, name: toolName, arguments: part.given };
  return { id: itemId(runId, part), type: 'function_call', status: STATUS[part.state], ...named };
}

const STATUS: Readonly<Record<AnswerPart['state'], ItemStatus>> = {
  open: 'in_progress',
  whole: 'completed',
  'broken-off': 'incomplete',
};
