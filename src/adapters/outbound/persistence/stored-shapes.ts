import { z } from 'zod';
import type { ErrorCode } from '../../../domain/errors.js';
import {
  FINISH_REASONS,
  ON_BUSY,
  ON_DISCONNECT,
  type RunError,
  type RunRequest,
  STOP_CAUSES,
  type Usage,
} from '../../../domain/run.js';
import type { RunEnd, RunFailure } from '../../../domain/run-event.js';

/** What stores keep as JSON, and how it is read back: unknown fields are left out (a newer version may write more), and what
 *  is not as it was written fails here and not somewhere later. */
const errorCode = z.custom<ErrorCode>((value) => typeof value === 'string' && value !== '');
const finishReason = z.enum(FINISH_REASONS);

const usage = z.object({ inputTokens: z.number(), outputTokens: z.number(), totalTokens: z.number() });
const runError = z.object({ code: errorCode, message: z.string(), retryable: z.boolean() });

const runRequest = z
  .object({
    content: z.string(),
    onBusy: z.enum(ON_BUSY).optional(),
    onDisconnect: z.enum(ON_DISCONNECT).optional(),
  })
  .transform(({ content, onBusy, onDisconnect }): RunRequest => ({ content, onBusy, onDisconnect }));

const runFailure = runError.extend({ type: z.literal('run-failure'), sequence: z.number() });
const runEnd = z
  .object({ type: z.literal('run-end'), sequence: z.number(), finishReason, usage: usage.optional() })
  .transform(({ type, sequence, finishReason, usage }): RunEnd => ({ type, sequence, finishReason, usage }));

/** An event that is no token chunk, from its JSON. */
export function parseEndEvent(json: string): RunFailure | RunEnd {
  return z.union([runFailure, runEnd]).parse(JSON.parse(json));
}

export function parseRequest(json: string): RunRequest {
  return runRequest.parse(JSON.parse(json));
}

export function parseUsage(json: string): Usage {
  return usage.parse(JSON.parse(json));
}

export function parseRunError(json: string): RunError {
  return runError.parse(JSON.parse(json));
}

/** A text that a store keeps for one of a fixed set of words, checked. */
export const storedFinishReason = finishReason;
export const storedStopCause = z.enum(STOP_CAUSES);
export const storedOnDisconnect = z.enum(ON_DISCONNECT);
