/** A session, and what it takes. */
export interface SizedSession {
  bytes: number;
}

/** The memory that all sessions share. */
export class MemorySessionBudget {
  private usedBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** The session takes so many bytes more. A negative number gives bytes back. */
  count(session: SizedSession, bytes: number): void {
    session.bytes += bytes;
    this.usedBytes += bytes;
  }

  forget(session: SizedSession): void {
    this.count(session, -session.bytes);
  }

  /** The sessions of `idle`, from the first on, that must go so that so many bytes more fit. All of them where that
   *  is not enough. */
  inTheWayOf<Session extends SizedSession>(bytes: number, idle: Iterable<Session>): readonly Session[] {
    const gone: Session[] = [];
    let excess = this.usedBytes + bytes - this.maxBytes;
    for (const session of idle) {
      if (excess <= 0) break;
      gone.push(session);
      excess -= session.bytes;
    }
    return gone;
  }

  /** Whether so many bytes more fit once these sessions have gone. */
  hasRoom(bytes: number, gone: readonly SizedSession[]): boolean {
    const freed = gone.reduce((sum, session) => sum + session.bytes, 0);
    return this.usedBytes - freed + bytes <= this.maxBytes;
  }
}
