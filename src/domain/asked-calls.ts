import type { CallNames } from './call-names.js';
import { rightNames } from './nearest-name.js';
import { type CallResult, type ReplyStep, unsettled, type WaitingCall } from './reply-step.js';
import { toldName } from './served-tools.js';
import type { CallTimeouts, Tool } from './tool.js';
import { type ProviderData, readArguments, type ToolCall } from './tool-call.js';

/** A call as a model wrote it. */
export interface WrittenCall {
  /** Of the call in its answer. */
  readonly index: number;
  /** The model's own name for it; undefined where it gave none. */
  readonly callId: string | undefined;
  readonly toolName: string;
  readonly argumentsText: string;
  readonly providerData?: ProviderData | undefined;
}

export interface Asking {
  readonly tools: readonly Tool[];
  readonly timeouts: CallTimeouts;
  readonly at: Date;
  /** The model may not be asked again in this turn. */
  readonly isLast: boolean;
  /** Where its text ends in the text of its run. */
  readonly textEnd: number;
  readonly names: CallNames;
}

export interface AskedStep extends ReplyStep {
  /** Those that a client or a person is to settle. */
  readonly open: readonly WaitingCall[];
  /** Those that servers are to run now. */
  readonly served: readonly ToolCall[];
  /** The model may not be asked again: all of them are skipped. */
  readonly isLast: boolean;
}

/** The calls of an answer, each with a name that no other call of the session has. Those that nobody can make are
 *  settled there and then, for the model to learn why. */
export function stepAsking(written: readonly WrittenCall[], asking: Asking): AskedStep {
  const { textEnd, isLast } = asking;
  const asked = written.map((call) => askedCall(asking.names.of(call), call, asking));
  return {
    textEnd,
    isLast,
    calls: asked.map(({ call }) => call),
    results: asked.flatMap(({ result }) => result ?? []),
    open: asked.flatMap(({ open }) => open ?? []),
    served: asked.flatMap(({ call, isServed }) => (isServed === true ? [call] : [])),
  };
}

interface AskedCall {
  readonly call: ToolCall;
  readonly result?: CallResult;
  readonly open?: WaitingCall;
  readonly isServed?: boolean;
}

function askedCall(callId: string, written: WrittenCall, asking: Asking): AskedCall {
  const { toolName, argumentsText, providerData } = written;
  const { tools, at, isLast } = asking;
  const given = readArguments(argumentsText);
  const tool = tools.find(({ name }) => name === toolName);
  const name = tool === undefined ? toolName : toldName(tool);
  const call = { callId, toolName: name, arguments: given ?? {}, ...(providerData && { providerData }) };
  if (isLast) return { call, result: unsettled(callId, 'skipped', at) };
  if (tool === undefined) return { call, result: failed(callId, unknownTool(toolName, tools), at) };
  if (given === undefined) return { call, result: failed(callId, UNREADABLE, at) };
  return { call, ...toBeMade(callId, tool, asking) };
}

/** By a server at once, or by whoever settles it. */
function toBeMade(callId: string, { approval, servedBy }: Tool, { timeouts, at }: Asking) {
  const isFree = approval === 'never';
  if (isFree && servedBy !== undefined) return { isServed: true };
  const seconds = isFree ? timeouts.client : timeouts.approval;
  const expiresAt = new Date(at.getTime() + seconds * 1000);
  return { open: { callId, state: isFree ? 'open' : 'awaiting_approval', expiresAt } } as const;
}

const UNREADABLE = 'The arguments cannot be read: they must be one JSON object.';

function unknownTool(name: string, tools: readonly Tool[]): string {
  const names = tools.map((tool) => tool.name);
  return `There is no tool with this name; ${rightNames(name, names)}`;
}

function failed(callId: string, content: string, at: Date): CallResult {
  return { callId, status: 'error', content, at };
}
