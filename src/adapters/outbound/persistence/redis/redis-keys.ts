/** The names of all keys. The names of a session have its key as their hash tag, so a cluster keeps them in one
 *  place, and one script can change all of it. */
export class RedisKeys {
  /** The sessions by creation, the times at which to look at them, and their shelves. All stand under one tag. */
  readonly sessions: string;
  readonly agenda: string;
  readonly shelves: string;
  /** The same sessions by their last update. */
  readonly updates: string;
  /** The probe writes it to find out whether writing is possible. */
  readonly probe: string;
  /** The prefix of the channels that tell readers of a run. */
  readonly news: string;

  constructor(private readonly prefix: string) {
    this.sessions = `${prefix}:{index}:sessions`;
    this.agenda = `${prefix}:{index}:agenda`;
    this.shelves = `${prefix}:{index}:shelves`;
    this.updates = `${prefix}:{index}:updates`;
    this.probe = `${prefix}:probe`;
    this.news = `${prefix}:news:`;
  }

  session(key: string): string {
    return `${this.prefix}:{${escaped(key)}}`;
  }

  journal(key: string, runId: string): string {
    return `${this.journals(key)}${runId}`;
  }

  /** The prefix of all journals of a session. */
  journals(key: string): string {
    return `${this.session(key)}:journal:`;
  }

  idempotencyKey(key: string, idempotencyKey = ''): string {
    return `${this.session(key)}:key:${idempotencyKey}`;
  }

  /** Where a session that is brought stands until all of it is there. */
  aside(key: string, revision: string): string {
    return `${this.session(key)}:aside:${revision}`;
  }

  /** There while somebody brings a session under this name. */
  bringing(name: string): string {
    return `${this.prefix}:bringing:${name}`;
  }

  /** Who is bringing this run. */
  claim(runId: string): string {
    return `${this.prefix}:claim:${runId}`;
  }

  /** The other keys of a session of the version before: its turns and its queue. */
  former(key: string): readonly [turns: string, queue: string] {
    const session = this.session(key);
    return [`${session}:turns`, `${session}:queue`];
  }

  /** The sessions of a shelf; '' is all. */
  shelf(name: string): string {
    return name === '' ? this.sessions : `${this.shelves}:${name}`;
  }

  /** The same by their last update. */
  updatesOn(name: string): string {
    return name === '' ? this.updates : `${this.updates}:${name}`;
  }

  /** Which session a run belongs to. */
  sessionOfRun(runId: string): string {
    return `${this.prefix}:run:${runId}`;
  }

  readers(runId: string): string {
    return `${this.prefix}:readers:${runId}`;
  }

  /** The channel that tells one process which of its runs are to stop. */
  process(processId: string): string {
    return `${this.prefix}:process:${processId}`;
  }
}

/** A brace would end the hash tag. */
function escaped(key: string): string {
  return key.replaceAll(/[%{}]/g, encodeURIComponent);
}
