import { z } from 'zod';
import type { Agent } from '../../../../domain/agent.js';
import type { OpenCall } from '../../../../domain/reply-step.js';
import { agentSchema, agentView } from '../native/agents.routes.js';
import { callView } from '../native/call-view.js';
import { historySchema, sessionSchema } from '../native/session-view.js';

/** What Codelab's gateway hands on to its IDE: the native views under Codelab's words. */

const count = z.int().meta({ description: 'How many there are here.' });

export const newSessionSchema = z.object({ session_id: z.string() }).meta({ id: 'CodelabNewSession' });

export const sessionsSchema = z
  .object({ sessions: z.array(sessionSchema), next_cursor: z.string().nullable(), count })
  .meta({ id: 'CodelabSessions' });

export const codelabHistorySchema = historySchema
  .pick({ messages: true })
  .extend({ session_id: z.string() })
  .meta({ id: 'CodelabHistory' });

const codelabAgentSchema = agentSchema
  .extend({ agent_type: z.string().meta({ description: 'Its name, as messages have it.' }) })
  .meta({ id: 'CodelabAgent' });

export const agentsSchema = z.object({ agents: z.array(codelabAgentSchema), count }).meta({ id: 'CodelabAgents' });

export const currentAgentSchema = codelabAgentSchema
  .extend({ session_id: z.string(), current_agent: z.string() })
  .meta({ id: 'CodelabCurrentAgent' });

const approvalSchema = z
  .object({
    request_id: z.string().meta({ description: 'The same as `call_id`.' }),
    request_type: z.literal('tool'),
    subject: z.string().meta({ description: 'The same as `tool_name`.' }),
    details: z.object({ arguments: z.record(z.string(), z.unknown()) }),
    reason: z.string().meta({ description: 'Why a person is asked, for people.' }),
    created_at: z.iso.datetime(),
    call_id: z.string(),
    tool_name: z.string(),
    arguments: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'CodelabApproval' });

export const approvalsSchema = z
  .object({ session_id: z.string(), pending_approvals: z.array(approvalSchema), count })
  .meta({ id: 'CodelabApprovals' });

export function codelabAgentView(agent: Agent): z.input<typeof codelabAgentSchema> {
  return { agent_type: agent.name, ...agentView(agent) };
}

/** `askedAt` is when the model asked for it. */
export function approvalView(open: OpenCall, askedAt: Date): z.input<typeof approvalSchema> {
  const call = callView(open);
  return {
    request_id: call.call_id,
    request_type: 'tool',
    subject: call.tool_name,
    details: { arguments: call.arguments },
    reason: `A person has to agree before ${call.tool_name} is used.`,
    created_at: askedAt.toISOString(),
    ...call,
  };
}
