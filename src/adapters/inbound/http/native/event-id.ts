import type { Request } from 'express';
import { InvalidCursor } from '../../../../domain/errors.js';

/** A place in a run's stream: the run, and the number of the last event seen, 0 for none. */
export interface EventCursor {
  readonly runId: string;
  readonly sequence: number;
}

const EVENT_ID = /^([0-9a-z]{1,128})-(0|[1-9][0-9]{0,14})$/;

export function eventId(runId: string, sequence: number): string {
  return `${runId}-${sequence}`;
}

/** Throws InvalidCursor. */
function parseEventId(text: string): EventCursor {
  const [, runId, sequence] = EVENT_ID.exec(text) ?? [];
  if (runId === undefined) {
    throw new InvalidCursor('Last-Event-ID must be the id of an event as it was received: <run>-<number>.');
  }
  return { runId, sequence: Number(sequence) };
}

/** Where the client wants to go on, from the header, or else from the query; undefined when it says nothing.
 *  Throws InvalidCursor. */
export function requestedCursor(request: Request): EventCursor | undefined {
  const asked = request.get('Last-Event-ID') || request.query.last_event_id;
  if (asked === undefined || asked === '') return undefined;
  return parseEventId(String(asked));
}
