/** What a message says beside its session. */
export interface Saying {
  /** Left out where the same is asked again. */
  readonly content?: string;
  /** The run whose turn it takes the place of. */
  readonly replaces?: string;
}

/** The message of a session that the service has not taken: it is not lost when the page is loaded again. */
export class Outbox {
  private readonly place: string;

  constructor(sessionId: string) {
    this.place = `agent-runtime.unsent.${sessionId}`;
  }

  /** What is to be sent again: not what the history ends with, which was taken after all. */
  recall(lastAsked: string | undefined): Saying | undefined {
    const kept = sessionStorage.getItem(this.place);
    const unsent: Saying | undefined = kept === null ? undefined : JSON.parse(kept);
    if (unsent?.content !== lastAsked) return unsent;
    this.empty();
    return undefined;
  }

  keep(saying: Saying): void {
    sessionStorage.setItem(this.place, JSON.stringify(saying));
  }

  empty(): void {
    sessionStorage.removeItem(this.place);
  }
}
