/** The names of everything that is kept. What belongs to a session has its key as the hash tag: a cluster keeps it in
 *  one place, so that one script can change all of it in one step. */
export class RedisKeys {
  /** Every session by its creation, when to look at it next, and on which shelves it stands; all under one tag. */
  readonly sessions: string;
  readonly agenda: string;
  readonly shelves: string;
  /** The same sessions by their last update. */
  readonly updates: string;
  /** Written to find out whether writing is possible. */
  readonly probe: string;
  /** What the channels begin with on which readers are told of a run. */
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

  /** What the names of all journals of a session begin with. */
  journals(key: string): string {
    return `${this.session(key)}:journal:`;
  }

  idempotencyKey(key: string, idempotencyKey = ''): string {
    return `${this.session(key)}:key:${idempotencyKey}`;
  }

  /** Where a session of the version before stood besides: its turns, and its queue. */
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

  /** The channel on which one process is told which of its runs are asked to stop. */
  process(processId: string): string {
    return `${this.prefix}:process:${processId}`;
  }
}

/** A brace would end the hash tag. */
function escaped(key: string): string {
  return key.replaceAll(/[%{}]/g, encodeURIComponent);
}
