import type { RunEvent } from '../../../domain/run-event.js';

/** Events that are numbered from 1, when they follow the one with this number. */
export function numberedOn(events: readonly RunEvent[], last: number): readonly RunEvent[] {
  return events.map((event) => ({ ...event, sequence: event.sequence + last }));
}
