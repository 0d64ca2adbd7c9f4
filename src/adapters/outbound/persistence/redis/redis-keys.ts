/** The names of everything that is kept. What belongs to a session has its id as the hash tag: a cluster keeps it in one place,
 *  so that one script can change all of it in one step. */
export class RedisKeys {
  /** Every session by its creation, and when to look at it next; both under one tag. */
  readonly sessions: string;
  readonly agenda: string;
  /** Written to find out whether writing is possible. */
  readonly probe: string;
  /** What the channels begin with on which readers are told of a run. */
  readonly news: string;

  constructor(private readonly prefix: string) {
    this.sessions = `${prefix}:{index}:sessions`;
    this.agenda = `${prefix}:{index}:agenda`;
    this.probe = `${prefix}:probe`;
    this.news = `${prefix}:news:`;
  }

  /** The session itself, its turns (those that began, in order) and its queue. */
  session(sessionId: string): readonly [session: string, turns: string, queue: string] {
    const session = `${this.prefix}:{${sessionId}}`;
    return [session, `${session}:turns`, `${session}:queue`];
  }

  journal(sessionId: string, runId: string): string {
    return `${this.journals(sessionId)}${runId}`;
  }

  /** What the names of all journals of a session begin with. */
  journals(sessionId: string): string {
    return `${this.prefix}:{${sessionId}}:journal:`;
  }

  idempotencyKey(sessionId: string, key = ''): string {
    return `${this.prefix}:{${sessionId}}:key:${key}`;
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
