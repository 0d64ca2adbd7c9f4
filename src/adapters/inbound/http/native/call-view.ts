import { z } from 'zod';
import type { OpenCall } from '../../../../domain/reply-step.js';
import type { ToolCall } from '../../../../domain/tool-call.js';

export const callSchema = z
  .object({
    call_id: z.string(),
    tool_name: z.string(),
    arguments: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'ToolCall' });

export const openCallSchema = callSchema
  .extend({
    state: z.enum(['open', 'awaiting_approval']),
    run_id: z.string().meta({ description: 'The run that asked for it.' }),
    expires_at: z.iso.datetime().meta({ description: 'When nobody waits for it any more.' }),
  })
  .meta({ id: 'OpenCall' });

export function callView({ callId, toolName, arguments: given }: ToolCall): z.input<typeof callSchema> {
  return { call_id: callId, tool_name: toolName, arguments: { ...given } };
}

export function openCallView(call: OpenCall): z.input<typeof openCallSchema> {
  const { state, runId, expiresAt } = call;
  return { ...callView(call), state, run_id: runId, expires_at: expiresAt.toISOString() };
}
