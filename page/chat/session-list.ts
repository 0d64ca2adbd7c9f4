import type { AgentRuntime, Session } from 'agent-runtime/client';

const PAGE = 50;

/** The sessions of the sidebar, those that changed last first. */
export class SessionList {
  entries: readonly Session[] = [];
  hasMore = false;
  /** Whether it was read at least once. */
  isKnown = false;
  private wanted = PAGE;
  private reading: Promise<void> | undefined;
  private isStale = false;

  constructor(
    private readonly runtime: AgentRuntime,
    private readonly changed: () => void,
  ) {}

  /** Reads it anew. What changes meanwhile is read behind that. */
  refresh(): Promise<void> {
    if (this.reading !== undefined) {
      this.isStale = true;
      return this.reading;
    }
    this.reading = this.read().finally(() => {
      this.reading = undefined;
      if (this.isStale) {
        this.isStale = false;
        void this.refresh();
      }
    });
    return this.reading;
  }

  more(): Promise<void> {
    this.wanted += PAGE;
    return this.refresh();
  }

  async rename(sessionId: string, title: string): Promise<void> {
    const renamed = await this.runtime.sessions.update(sessionId, { title });
    this.entries = this.entries.map((entry) => (entry.session_id === sessionId ? { ...entry, ...renamed } : entry));
    this.changed();
  }

  async remove(sessionId: string): Promise<void> {
    await this.runtime.sessions.delete(sessionId);
    this.entries = this.entries.filter(({ session_id }) => session_id !== sessionId);
    this.changed();
  }

  private async read(): Promise<void> {
    const entries: Session[] = [];
    this.hasMore = false;
    for await (const entry of this.runtime.sessions.list({ order: 'updated', limit: PAGE })) {
      if (entries.length === this.wanted) {
        this.hasMore = true;
        break;
      }
      entries.push(entry);
    }
    this.entries = entries;
    this.isKnown = true;
    this.changed();
  }
}
