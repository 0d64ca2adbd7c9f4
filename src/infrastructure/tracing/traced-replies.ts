import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { GenerateReply } from '../../application/generate-reply.js';
import type { Agents } from '../../domain/agents.js';
import { agentNameOf } from '../../domain/chosen-agent.js';
import type { Run } from '../../domain/run.js';
import { TRACER } from './tracer-name.js';

/** The writing of replies, each a trace of its own: a run outlives the request that began it, and may wait behind
 *  another's. */
export class TracedReplies implements Pick<GenerateReply, 'execute'> {
  constructor(
    private readonly replies: Pick<GenerateReply, 'execute'>,
    private readonly agents: Agents,
  ) {}

  execute(run: Run, signal: AbortSignal, giveUp: AbortSignal): Promise<Run | undefined> {
    const agent = agentNameOf(run, this.agents);
    const attributes = {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': agent,
      'gen_ai.conversation.id': run.sessionId,
      'agent_runtime.run.id': run.id,
      'agent_runtime.run.epoch': run.epoch,
    };
    const options = { root: true, startTime: run.createdAt, attributes };
    return trace.getTracer(TRACER).startActiveSpan(`invoke_agent ${agent}`, options, async (span) => {
      try {
        return await this.replies.execute(run, signal, giveUp);
      } catch (error) {
        span.setAttribute('error.type', 'not_ended_here').setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }
}
