import { z } from 'zod';
import {
  type JournalPosition,
  MAX_BATCH_CHARACTERS,
  MAX_BATCH_EVENTS,
} from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import type { JournalPage, JournalSource } from '../journal-feed.js';
import { parseEndEvent } from '../stored-shapes.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisSubscriber } from './redis-subscriber.js';
import type { RunDirectory } from './run-directory.js';
import { pageScript } from './scripts/page.js';

const TOKEN = 't';
const PARTS = 3;

const reply = z.tuple([z.string().nullable(), z.number(), z.number(), z.array(z.string())]);

interface KeptJournal {
  /** Undefined when the run is gone. */
  readonly status: string | undefined;
  readonly last: number;
  readonly isThere: boolean;
  readonly events: readonly RunEvent[];
}

/** Journals as they are kept: one stream per run, each event under its number. */
export class JournalPages implements JournalSource {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    private readonly directory: RunDirectory,
    private readonly subscriber: RedisSubscriber,
  ) {}

  /** Of a deleted session too, as long as its journals are kept on for those who read. */
  async page(runId: string, after: number): Promise<JournalPage> {
    const { status, last, isThere, events } = await this.read(runId, after, MAX_BATCH_EVENTS);
    if (status === undefined && !isThere) throw new RunNotFound(runId);
    // Where the number of the next event is another one, the server has lost the one that is looked for.
    if ((last > 0 && !isThere) || (events[0]?.sequence ?? after + 1) !== after + 1) throw new ResumeExpired(runId);
    // An ending may be stored before the events that tell it: then they are still to come.
    const isWhole = after + events.length >= last;
    return { events, ended: status === undefined || (status === 'ended' && isWhole) };
  }

  /** Of a run that goes on also when the server has lost its journal: its writer has to know where to go on. */
  async position(runId: string): Promise<JournalPosition> {
    const { status, last, isThere } = await this.read(runId, 0, 0);
    if (status === undefined) throw new RunNotFound(runId);
    const ended = status === 'ended';
    if (ended && !isThere) throw new ResumeExpired(runId);
    return { last, ended };
  }

  follow(runId: string): void {
    this.subscriber.subscribe(`${this.keys.news}${runId}`);
  }

  unfollow(runId: string): void {
    this.subscriber.unsubscribe(`${this.keys.news}${runId}`);
  }

  private async read(runId: string, after: number, most: number): Promise<KeptJournal> {
    const sessionId = await this.directory.sessionOf(runId);
    const [session] = this.keys.session(sessionId);
    const names = [session, this.keys.journal(sessionId, runId)];
    // Bytes are never fewer than characters.
    const answer = await this.connection.run(pageScript, names, [runId, after, most, MAX_BATCH_CHARACTERS]);
    const [status, last, isThere, parts] = reply.parse(answer);
    return { status: status ?? undefined, last, isThere: isThere === 1, events: eventsOf(parts) };
  }
}

/** Id, kind and content of each event, one after the other. */
function eventsOf(parts: readonly string[]): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (let index = 0; index < parts.length; index += PARTS) {
    const [id = '', kind, content = ''] = parts.slice(index, index + PARTS);
    const sequence = Number.parseInt(id, 10);
    events.push(kind === TOKEN ? { type: 'text-delta', sequence, text: content } : parseEndEvent(content));
  }
  return events;
}
