import { StoreUnavailable } from '../../../domain/errors.js';
import type { StopCause } from '../../../domain/run.js';

const POLL_MILLISECONDS = 1000;

/** Which of these runs are to stop, and why; `cancelled` for one that is not there any more. May throw StoreUnavailable. */
export type FindStopped = (runIds: readonly string[]) => Promise<ReadonlyMap<string, StopCause>>;

/** The writers of this process that wait to be stopped. They are told at once when somebody says so (`asked`), and at the next
 *  poll where that got lost. */
export class StopWatch {
  private readonly waiting = new Map<string, Set<(cause: StopCause) => void>>();
  private poll: NodeJS.Timeout | undefined;

  constructor(
    private readonly findStopped: FindStopped,
    private readonly onError: (error: unknown) => void,
    /** Where nothing can get lost, nobody has to look now and then. */
    private readonly hearsAll = false,
  ) {}

  close(): void {
    clearInterval(this.poll);
  }

  /** As `RunRepository.untilStopped` promises it. */
  heard(runId: string, signal: AbortSignal): Promise<StopCause | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (cause: StopCause | undefined): void => {
        signal.removeEventListener('abort', leave);
        this.forget(runId, settle);
        resolve(cause);
      };
      const leave = (): void => settle(undefined);
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.set(runId, (this.waiting.get(runId) ?? new Set()).add(settle));
      if (!this.hearsAll)
        this.poll ??= setInterval(() => void this.look([...this.waiting.keys()]), POLL_MILLISECONDS).unref();
    });
  }

  /** Somebody asked this run to stop. */
  asked(runId: string): void {
    if (this.waiting.has(runId)) void this.look([runId]);
  }

  /** The news of a request may have been lost. */
  askedAny(): void {
    void this.look([...this.waiting.keys()]);
  }

  private async look(runIds: readonly string[]): Promise<void> {
    if (runIds.length === 0) return;
    try {
      const stopped = await this.findStopped(runIds);
      for (const [runId, cause] of stopped) for (const settle of this.waiting.get(runId) ?? []) settle(cause);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.onError(error);
    }
  }

  private forget(runId: string, settle: (cause: StopCause) => void): void {
    const settles = this.waiting.get(runId);
    settles?.delete(settle);
    if (settles?.size === 0) this.waiting.delete(runId);
    if (this.waiting.size > 0) return;
    clearInterval(this.poll);
    this.poll = undefined;
  }
}
