import type { Answer } from './answer.js';
import type { HitlDecision, Message, ToolResult } from './message.js';
import { Problem } from './problem.js';
import type { Conversation } from './turn.js';
import type { Approval, Tool, TurnOptions } from './turn-options.js';
import { untilAborted } from './until-aborted.js';
import type { Json, OpenCall } from './wire.js';

interface Settled {
  /** The answer that goes on with the turn. */
  readonly next: Answer | undefined;
  readonly settledSome: boolean;
}

/** `left` stays open, `settled` is settled while others are open. */
type Outcome = Answer | 'left' | 'settled';

/** Who is told that a call is settled or gone was late: somebody else has settled it. */
const LATE: ReadonlySet<string> = new Set(['call_settled', 'call_not_found', 'call_not_awaiting_approval']);

/** Settles the calls that can be settled here, each as soon as it is decided and made. */
export class Settling {
  private asking: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly client: Conversation,
    private readonly sessionId: string,
    private readonly options: TurnOptions,
  ) {}

  async settle(calls: readonly OpenCall[]): Promise<Settled> {
    const leaving = new AbortController();
    const leave = () => leaving.abort(this.options.signal?.reason);
    this.options.signal?.addEventListener('abort', leave, { once: true });
    try {
      return await this.together(await Promise.all(calls.map((call) => this.settleOne(call, leaving.signal))));
    } catch (error) {
      leaving.abort(error);
      throw error;
    } finally {
      this.options.signal?.removeEventListener('abort', leave);
    }
  }

  private async together(outcomes: readonly Outcome[]): Promise<Settled> {
    const begun = outcomes.find((outcome) => typeof outcome === 'object');
    const settledSome = outcomes.some((outcome) => outcome !== 'left');
    if (begun !== undefined || !settledSome || outcomes.includes('left')) return { next: begun, settledSome };
    // The last one was settled by somebody else, who has its answer; it can be read all the same.
    const joined = this.client.join(this.sessionId, this.options);
    return { next: (await joined.started()) === undefined ? undefined : joined, settledSome };
  }

  private async settleOne(call: OpenCall, signal: AbortSignal): Promise<Outcome> {
    try {
      return call.state === 'awaiting_approval' ? await this.decide(call, signal) : await this.make(call, signal);
    } catch (error) {
      if (error instanceof Problem && LATE.has(error.code)) return 'settled';
      throw error;
    }
  }

  private async decide(call: OpenCall, signal: AbortSignal): Promise<Outcome> {
    const { approve } = this.options;
    if (approve === undefined) return 'left';
    const asked = this.asking.then(() => {
      signal.throwIfAborted();
      return approve(call);
    });
    this.asking = asked.catch(() => {});
    const decision = decisionOf(await untilAborted(asked, signal));
    const { answer, runId } = await this.send({ type: 'hitl_decision', callId: call.call_id, ...decision });
    if (runId !== undefined) return answer;
    const allowed = await allowedIn(answer, call);
    return allowed === undefined ? 'settled' : this.make(allowed, signal);
  }

  private async make(call: OpenCall, signal: AbortSignal): Promise<Outcome> {
    const { tools = {}, otherwise } = this.options;
    const tool = Object.hasOwn(tools, call.tool_name) ? tools[call.tool_name] : otherwise;
    if (tool === undefined) return 'left';
    const result = await untilAborted(resultOf(tool, call, signal), signal);
    const { answer, runId } = await this.send({ type: 'tool_result', callId: call.call_id, ...result });
    if (runId !== undefined) return answer;
    await answer.final();
    return 'settled';
  }

  private async send(settlement: Omit<ToolResult, 'sessionId'> | Omit<HitlDecision, 'sessionId'>) {
    const message: Message = { ...settlement, sessionId: this.sessionId };
    const answer = this.client.send(message, this.options);
    return { answer, runId: await answer.started() };
  }
}

function decisionOf(approval: Approval): Pick<HitlDecision, 'decision' | 'feedback' | 'modifiedArguments'> {
  if (approval === true) return { decision: 'approve' };
  if (approval === false) return { decision: 'reject' };
  if ('edit' in approval) return { decision: 'edit', modifiedArguments: approval.edit };
  return { decision: 'reject', feedback: approval.reject };
}

/** The call as it is to be made now; undefined where that is not for a client to do. */
async function allowedIn(answer: Answer, call: OpenCall): Promise<OpenCall | undefined> {
  let allowed: OpenCall | undefined;
  for await (const frame of answer) {
    if (frame.type !== 'tool_call' || frame.call_id !== call.call_id) continue;
    allowed = { ...call, arguments: frame.arguments, state: 'open' };
  }
  return allowed;
}

async function resultOf(
  tool: Tool,
  call: OpenCall,
  signal: AbortSignal,
): Promise<{ result: Json } | { error: string }> {
  try {
    const result: unknown = await tool(call.arguments, { signal, call });
    return { result: JSON.parse(JSON.stringify(result) ?? 'null') };
  } catch (error) {
    signal.throwIfAborted();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
