import { MAX_BATCH_CHARACTERS, MAX_BATCH_EVENTS } from '../../../../application/ports/run-journal.js';
import { JournalGap } from '../../../../domain/errors.js';
import { charactersIn, type RunEvent } from '../../../../domain/run-event.js';
import { Wakeup } from '../wakeup.js';

/** The events of one run. */
export class MemoryEventLog {
  private readonly events: RunEvent[] = [];
  private readonly changed = new Wakeup();
  /** The last events, as one array. Readers that are up to date share the array, and the frames that are made of it. */
  private latest: readonly RunEvent[] = [];
  private hasEnd = false;

  constructor(private readonly runId: string) {}

  get last(): number {
    return this.events.length;
  }

  get ended(): boolean {
    return this.hasEnd;
  }

  /** Returns those of `events` that the log does not have yet. Throws JournalGap. */
  unknownOf<Event extends RunEvent>(events: readonly Event[]): readonly Event[] {
    const first = events[0]?.sequence ?? this.last + 1;
    if (first > this.last + 1) throw new JournalGap(this.runId, this.last + 1, first);
    return first === this.last + 1 ? events : events.slice(this.last + 1 - first);
  }

  /** The events must follow the last one of the log. */
  append(events: readonly RunEvent[]): void {
    if (events.length === 0) return;
    this.latest = events;
    for (const event of this.latest) this.events.push(event);
    this.hasEnd = this.events.at(-1)?.type === 'run-end';
    this.changed.wakeAll();
  }

  /** Resolves when the log may have changed, or when `signal` aborts. */
  change(signal: AbortSignal): Promise<void> {
    return this.changed.wait(signal);
  }

  /** The next batch after a position. Empty when there is none yet. */
  after(position: number): readonly RunEvent[] {
    const batch = this.events.slice(position, this.endOfBatch(position));
    return position + batch.length === this.last && batch.length === this.latest.length ? this.latest : batch;
  }

  private endOfBatch(start: number): number {
    const furthest = Math.min(this.last, start + MAX_BATCH_EVENTS);
    let characters = 0;
    let end = start;
    while (end < furthest && characters < MAX_BATCH_CHARACTERS) {
      const event = this.events[end];
      if (event !== undefined) characters += charactersIn(event);
      end += 1;
    }
    return end;
  }
}
