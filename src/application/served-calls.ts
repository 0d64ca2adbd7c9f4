import type { CallResult } from '../domain/reply-step.js';
import { servedByIn } from '../domain/served-tools.js';
import type { Toolbox } from '../domain/tool.js';
import type { ToolCall } from '../domain/tool-call.js';
import type { Clock } from './ports/clock.js';
import type { ServedResult, ToolServers } from './ports/tool-servers.js';
import { unlessAborted } from './unless-aborted.js';

export interface ServedCallsParts {
  readonly toolbox: Toolbox;
  readonly servers: ToolServers;
  readonly clock: Clock;
}

/** Longer ones would be over at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Has servers run these calls, all at once, and gives the results as they come. Throws the reason of `signal` when it
 *  aborts. */
export async function* servedResults(
  calls: readonly ToolCall[],
  parts: ServedCallsParts,
  signal: AbortSignal,
): AsyncGenerator<CallResult> {
  const running = new Map(calls.map((call) => [call.callId, resultOf(call, parts, signal)]));
  while (running.size > 0) {
    const result = await Promise.race(running.values());
    running.delete(result.callId);
    yield result;
  }
}

async function resultOf(call: ToolCall, { toolbox, servers, clock }: ServedCallsParts, signal: AbortSignal) {
  const seconds = toolbox.callTimeouts.server;
  const late = AbortSignal.timeout(Math.min(seconds * 1000, LONGEST_TIMER));
  const result = await answered(call, servers, signal, late);
  const { status, content } = result ?? {
    status: 'error',
    content: `The server has not answered within ${seconds} s.`,
  };
  return { callId: call.callId, status, content, at: clock.now() };
}

/** Undefined where it came too late. */
async function answered(
  { toolName, arguments: given }: ToolCall,
  servers: ToolServers,
  signal: AbortSignal,
  late: AbortSignal,
): Promise<ServedResult | undefined> {
  const tool = servedByIn(toolName) ?? { server: '', tool: toolName };
  const either = AbortSignal.any([signal, late]);
  try {
    return await unlessAborted(servers.call(tool, given, either), either);
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return undefined;
    throw error;
  }
}
