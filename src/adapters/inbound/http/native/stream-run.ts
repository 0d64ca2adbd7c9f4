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
  if (response.req.method !== 'HEAD') {
    for await (const batch of events(clientLeft)) await writePieces(sse, frames.of(run.id, batch), clientLeft);
  }
  sse.end();
}

async function writePieces(sse: SseResponse, pieces: readonly string[], clientLeft: AbortSignal): Promise<void> {
  for (const piece of pieces) {
    if (clientLeft.aborted) return;
    if (!sse.write(piece)) await sse.drained();
  }
}

export function runHeaders(run: Run): Record<string, string> {
  return { 'X-Run-Id': run.id, 'Content-Location': `/agent/runs/${run.id}` };
}
