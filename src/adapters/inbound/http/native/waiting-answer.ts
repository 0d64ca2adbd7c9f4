import type { Response } from 'express';
import { z } from 'zod';
import type { TurnWaits } from '../../../../application/use-cases/settle-calls.js';
import { eventWithoutId } from '../sse-frames.js';
import { SseResponse } from '../sse-response.js';
import { openCallSchema, openCallView } from './call-view.js';
import { callData, endData } from './run-event-frames.js';

/** What is answered to who settled a call while others are open. */
export interface WaitingSession extends TurnWaits {
  readonly sessionId: string;
}

export const waitingSchema = z
  .object({
    session_id: z.string(),
    status: z.literal('waiting'),
    open_calls: z.array(openCallSchema),
  })
  .meta({ id: 'WaitingAnswer' });

export function waitingView({ sessionId, openCalls }: WaitingSession): z.input<typeof waitingSchema> {
  return { session_id: sessionId, status: 'waiting', open_calls: openCalls.map(openCallView) };
}

/** The calls that may be made now, and the end. No run writes it, so none of it has an id. */
export function streamWaiting(
  { allowed }: WaitingSession,
  response: Response,
  headers: Readonly<Record<string, string>>,
): void {
  const sse = new SseResponse(response);
  sse.open(headers);
  const frames = allowed.map((call) => callData({ ...call, requiresApproval: false }));
  sse.write([...frames, endData('tool_calls'), '[DONE]'].map(eventWithoutId).join(''));
  sse.end();
}
