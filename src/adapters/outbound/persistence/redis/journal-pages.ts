import { z } from 'zod';
import {
  type JournalPosition,
  MAX_BATCH_CHARACTERS,
  MAX_BATCH_EVENTS,
} from '../../../../application/ports/run-journal.js';
import { ResumeExpired, RunNotFound } from '../../../../domain/errors.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import type { JournalPage, JournalSource } from '../journal-feed.js';
import { readEndEvent } from '../ledger-codec.js';
import { readPiece } from '../stored-pieces.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisSubscriber } from './redis-subscriber.js';
import type { RunDirectory } from './run-directory.js';
import { pageScript } from './scripts/page.js';
import type { SessionScripts } from './session-scripts.js';

const TOKEN = 't';
const PARTS = 3;

const reply = z.tuple([z.number().nullable(), z.number(), z.number(), z.array(z.string())]);

interface KeptJournal {
  /** The number of the last event; undefined when the run is gone. */
  readonly last: number | undefined;
  readonly ended: boolean;
  readonly isThere: boolean;
  readonly events: readonly RunEvent[];
}

export interface JournalPagesParts {
  readonly scripts: SessionScripts;
  readonly keys: RedisKeys;
  readonly directory: RunDirectory;
  readonly subscriber: RedisSubscriber;
}

/** Reads journals: a stream for each run, in which each event has its number. */
export class JournalPages implements JournalSource {
  constructor(private readonly parts: JournalPagesParts) {}

  /** Also finds the journal of a deleted session, as long as readers may need it. */
  async page(runId: string, after: number): Promise<JournalPage> {
    const { last, ended, isThere, events } = await this.find(runId, after, MAX_BATCH_EVENTS);
    if (last === undefined && !isThere) throw new RunNotFound(runId);
    // Where the next entry has another number, the server has lost the event that is looked for.
    if ((last !== undefined && last > 0 && !isThere) || (events[0]?.sequence ?? after + 1) !== after + 1)
      throw new ResumeExpired(runId);
    return { events, ended: last === undefined || ended };
  }

  /** Also answers for a run that goes on after the server lost its journal, because the writer has to know where to
   *  go on. */
  async position(runId: string): Promise<JournalPosition> {
    const { last, ended, isThere } = await this.find(runId, 0, 0);
    if (last === undefined) throw new RunNotFound(runId);
    if (ended && !isThere) throw new ResumeExpired(runId);
    return { last, ended };
  }

  /** Whether the session has this run. */
  async hasRun(key: string, runId: string): Promise<boolean> {
    return (await this.read(key, runId, 0, 0)).last !== undefined;
  }

  follow(runId: string): void {
    this.parts.subscriber.subscribe(`${this.parts.keys.news}${runId}`);
  }

  unfollow(runId: string): void {
    this.parts.subscriber.unsubscribe(`${this.parts.keys.news}${runId}`);
  }

  /** Throws RunNotFound. */
  private async find(runId: string, after: number, most: number): Promise<KeptJournal> {
    const key = await this.parts.directory.find(runId);
    if (key === undefined) throw new RunNotFound(runId);
    return this.read(key, runId, after, most);
  }

  private async read(key: string, runId: string, after: number, most: number): Promise<KeptJournal> {
    const { scripts, keys } = this.parts;
    const names = [keys.session(key), keys.journal(key, runId)];
    // A text never has fewer bytes than characters.
    const answer = await scripts.run(pageScript, key, names, [runId, after, most, MAX_BATCH_CHARACTERS]);
    const [last, ended, isThere, parts] = reply.parse(answer);
    return { last: last ?? undefined, ended: ended === 1, isThere: isThere === 1, events: eventsOf(parts) };
  }
}

/** Id, kind and content of each event, one after the other. The number of an event is that of its entry. */
function eventsOf(parts: readonly string[]): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (let index = 0; index < parts.length; index += PARTS) {
    const [id = '', kind, content = ''] = parts.slice(index, index + PARTS);
    const sequence = Number.parseInt(id, 10);
    const isText = kind === TOKEN;
    events.push(isText ? readPiece(content, sequence) : { ...readEndEvent(content), sequence });
  }
  return events;
}
