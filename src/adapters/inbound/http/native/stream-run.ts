import type { Response } from 'express';
import type { Run } from '../../../../domain/run.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import type { RequestContext } from '../request-context.js';
import { SseResponse } from '../sse-response.js';
import type { RunEventFrames } from './run-event-frames.js';

/** A run as a reader is to see it. */
export interface ReadableRun {
  readonly run: Run;
  events(signal: AbortSignal): AsyncIterable<readonly RunEvent[]>;
}

/** Answers with a run's events as they come, each as soon as the reader takes it, until the ending or until it leaves. */
export async function streamRun(
  { run, events }: ReadableRun,
  frames: RunEventFrames,
  response: Response,
  { clientLeft }: RequestContext,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const sse = new SseResponse(response);
  sse.open({ ...runHeaders(run), ...headers });
  if (response.req.method !== 'HEAD') await writeEvents(sse, run.id, events(clientLeft), frames);
  sse.end();
}

async function writeEvents(
  sse: SseResponse,
  runId: string,
  events: AsyncIterable<readonly RunEvent[]>,
  frames: RunEventFrames,
): Promise<void> {
  for await (const batch of events) {
    for (const piece of frames.of(runId, batch)) if (!sse.write(piece)) await sse.drained();
  }
}

export function runHeaders(run: Run): Record<string, string> {
  return { 'X-Run-Id': run.id, 'Content-Location': `/agent/runs/${run.id}` };
}
