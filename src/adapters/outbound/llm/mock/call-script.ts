import { type ToolDefinition, toolNameFrom } from '../../../../domain/tool.js';
import type { MockStep } from './mock-gateway.js';

/** What a message asks the mock to ask for. */
interface Wish {
  readonly name: string;
  /** As it was written, so that it may be no JSON. */
  readonly argumentsText: string;
}

/** The calls in a message, and what else it says; undefined where it does not begin with one. Instructions, or a
 *  message that was not answered, may stand before it in a paragraph of their own. */
export function readWishes(said: string): { readonly wishes: readonly Wish[]; readonly rest: string } | undefined {
  const lines = said
    .trim()
    .split(/\r?\n/)
    .map((line) => line.trim());
  const paragraph = lines.slice(lines.lastIndexOf('') + 1);
  if (!CALL.test(paragraph[0] ?? '')) return undefined;
  const wishes = paragraph.flatMap((line) => wishIn(line) ?? []);
  return { wishes, rest: paragraph.filter((line) => !CALL.test(line)).join(' ') };
}

/** Each call in pieces, then all of them whole, and the end. */
export function* askFor(wishes: readonly Wish[], tools: readonly ToolDefinition[], delayMs: number) {
  const calls = wishes.map(({ name, argumentsText }, index) => {
    return { index, callId: undefined, toolName: meantBy(name, tools), argumentsText };
  });
  for (const { argumentsText, ...call } of calls) yield* inPieces(call, argumentsText, delayMs);
  const whole = calls.map((call) => ({ type: 'call', ...call }) as const);
  const step: MockStep = { type: 'batch', parts: [...whole, { type: 'end', finishReason: 'stop' }] };
  yield step;
}

const CALL = /^\/call[ \t]+(\S+)[ \t]*(.*)$/;

function wishIn(line: string): Wish | undefined {
  const [, name, argumentsText] = CALL.exec(line) ?? [];
  return name === undefined ? undefined : { name, argumentsText: argumentsText || '{}' };
}

/** Who writes it may know a tool by a name that no model can be told, such as `files/list`. */
function meantBy(name: string, tools: readonly ToolDefinition[]): string {
  const alike = tools.find((tool) => plain(tool.name) === plain(name));
  return tools.some((tool) => tool.name === name) ? name : (alike?.name ?? toolNameFrom(name));
}

function plain(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_');
}

type Calling = { readonly index: number; readonly callId: undefined; readonly toolName: string };

function* inPieces(call: Calling, argumentsText: string, delayMs: number): Generator<MockStep> {
  for (const text of argumentsText.match(PIECE) ?? []) {
    yield { type: 'wait', milliseconds: delayMs };
    yield { type: 'batch', parts: [{ type: 'call-arguments', ...call, text }] };
  }
}

const PIECE = /.{1,16}/gsu;
