import type { Response } from 'express';
import type { TakeEvents } from '../../../../application/ports/run-journal.js';
import type { Run } from '../../../../domain/run.js';
import type { RequestContext } from '../request-context.js';
import { SseResponse } from '../sse-response.js';
import type { RunEventFrames } from './run-event-frames.js';

/** A run as a reader is to see it. */
export interface ReadableRun {
  readonly run: Run;
  read(signal: AbortSignal, take: TakeEvents): Promise<void>;
}

/** Answers with a run's events as they come, each as soon as the reader takes it, until the ending or until it
 *  leaves. */
export async function streamRun(
  { run, read }: ReadableRun,
  frames: RunEventFrames,
  response: Response,
  { clientLeft }: RequestContext,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sse = new SseResponse(response);
  sse.open({ ...runHeaders(run), ...headers });
  if (response.req.method !== 'HEAD') await read(clientLeft, (batch) => sse.writeAll(frames.of(run.id, batch)));
  sse.end();
}

export function runHeaders(run: Run): Record<string, string> {
  return { 'X-Run-Id': run.id, 'Content-Location': `/agent/runs/${run.id}` };
}
