import type { RunEvent } from '../../../domain/run-event.js';

/** Numbers events that follow the event `last`. They come numbered from 1. */
export function numberedOn(events: readonly RunEvent[], last: number): readonly RunEvent[] {
  return events.map((event) => ({ ...event, sequence: event.sequence + last }));
}
