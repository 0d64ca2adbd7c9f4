/** The items of a response's output, as the wire has them. */
export type OutputItem = TextItem | CallItem;

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';
export type TextKind = 'message' | 'reasoning';

interface TextItem {
  readonly id: string;
  readonly type: TextKind;
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
  readonly prefix: string;
  readonly part: string;
  /** Beside the text, in the part and in its events. */
  readonly inPart: object;
  readonly inEvents: object;
  item(status: ItemStatus): object;
}

export const TEXT_FORMS: Readonly<Record<TextKind, TextForm>> = {
  message: {
    prefix: 'msg',
    part: 'output_text',
    inPart: { annotations: [], logprobs: [] },
    inEvents: { logprobs: [] },
    item: (status) => ({ status, role: 'assistant' }),
  },
  reasoning: { prefix: 'rs', part: 'reasoning_text', inPart: {}, inEvents: {}, item: () => ({ summary: [] }) },
};

export function textItem(kind: TextKind, id: string, status: ItemStatus, content: readonly object[]): TextItem {
  return { id, type: kind, ...TEXT_FORMS[kind].item(status), content };
}

export function textPart(kind: TextKind, text: string): object {
  const { part, inPart } = TEXT_FORMS[kind];
  return { type: part, text, ...inPart };
}

export function callItem(id: string, status: ItemStatus, call: NamedCall, given: string): CallItem {
  return { id, type: 'function_call', status, call_id: call.callId, name: call.toolName, arguments: given };
}

export interface NamedCall {
  readonly callId: string;
  readonly toolName: string;
}
