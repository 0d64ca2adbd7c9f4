import type { Response } from 'express';
import type { RunEvent } from '../../../../domain/run-event.js';
import { framePieces } from '../frame-pieces.js';
import { type ReadableRun, runHeaders } from '../native/stream-run.js';
import type { RequestContext } from '../request-context.js';
import { SseResponse } from '../sse-response.js';
import type { FrameRenderer } from './frame-renderer.js';

export interface FrameStreamOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the client may be told when to come back: some take that line for a frame. */
  readonly tellsRetry?: boolean;
}

/** Answers with a run's events as a door's frames, each as soon as the reader takes it, until the ending or until it
 *  leaves. Clients take a stream that ends for an answer that is whole: one that stops before its last frame is cut. */
export async function streamFrames(
  { run, read }: ReadableRun,
  renderer: FrameRenderer,
  response: Response,
  { clientLeft }: RequestContext,
  { headers = {}, tellsRetry = false }: FrameStreamOptions = {},
): Promise<void> {
  const sse = new SseResponse(response);
  sse.open({ ...runHeaders(run), ...headers }, tellsRetry);
  const { opening = '' } = renderer;
  if (opening !== '') sse.write(opening);
  // Nobody reads what follows the head.
  if (response.req.method === 'HEAD') return sse.end();
  let isWhole = false;
  const frame = (event: RunEvent): string => {
    isWhole = event.type === 'run-end';
    return renderer.frame(event);
  };
  await read(clientLeft, (batch) => sse.writeAll(framePieces(batch, frame)));
  if (isWhole) sse.end();
  else response.destroy();
}
