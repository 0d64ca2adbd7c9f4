import { StoreUnavailable } from '../../../domain/errors.js';
import type { StopCause } from '../../../domain/run.js';
import { type SessionHead, stopCauseIn } from '../../../domain/session-head.js';

const POLL_MILLISECONDS = 1000;
/** So long the first look at a run waits. Runs that begin meanwhile share it, and one that ends meanwhile needs
 *  none. */
const GATHERING_MILLISECONDS = 20;

/** A run that this process writes. */
interface WrittenRun {
  readonly runId: string;
  /** The key of its session. */
  readonly key: string;
}

interface WatchedRun extends WrittenRun {
  readonly settles: Set<(cause: StopCause) => void>;
}

export interface StopWatchParts {
  /** Reads the heads of these sessions in one look, without those that are gone. May throw StoreUnavailable. */
  readonly heads: (keys: readonly string[]) => Promise<ReadonlyMap<string, SessionHead>>;
  readonly onError: (error: unknown) => void;
  /** Whoever asks a run to stop is in this process, so nothing but `asked` is needed. */
  readonly hearsAll: boolean;
}

/** Tells the writers of this process when somebody asks their runs to stop. Where such news can get lost, the watch
 *  looks at all of their sessions every second. */
export class StopWatch {
  private readonly watched = new Map<string, WatchedRun>();
  private poll: NodeJS.Timeout | undefined;
  /** The runs that nobody has looked at. */
  private begun: WatchedRun[] = [];
  private gathering: NodeJS.Timeout | undefined;

  constructor(private readonly parts: StopWatchParts) {}

  close(): void {
    this.lookNoMore();
  }

  /** As `RunRepository.untilStopped` promises it. */
  heard(run: WrittenRun, signal: AbortSignal): Promise<StopCause | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const settle = (cause: StopCause | undefined): void => {
        signal.removeEventListener('abort', leave);
        this.forget(run.runId, settle);
        resolve(cause);
      };
      const leave = (): void => settle(undefined);
      signal.addEventListener('abort', leave, { once: true });
      this.watch(run).add(settle);
    });
  }

  /** Somebody asked this run to stop. */
  asked(runId: string): void {
    const run = this.watched.get(runId);
    if (run !== undefined) void this.look([run]);
  }

  /** News of a request may be lost. */
  askedAny(): void {
    if (this.watched.size > 0) void this.look([...this.watched.values()]);
  }

  private watch(run: WrittenRun): WatchedRun['settles'] {
    if (!this.parts.hearsAll) this.lookEverySecond();
    const known = this.watched.get(run.runId) ?? { ...run, settles: new Set() };
    this.watched.set(run.runId, known);
    this.lookSoon(known);
    return known.settles;
  }

  /** Somebody may have asked the run to stop before its writer listened. */
  private lookSoon(run: WatchedRun): void {
    this.begun.push(run);
    this.gathering ??= setTimeout(() => this.lookAtBegun(), GATHERING_MILLISECONDS).unref();
  }

  private lookAtBegun(): void {
    const runs = this.begun.filter(({ settles }) => settles.size > 0);
    this.begun = [];
    this.gathering = undefined;
    if (runs.length > 0) void this.look(runs);
  }

  private lookEverySecond(): void {
    this.poll ??= setInterval(() => this.askedAny(), POLL_MILLISECONDS).unref();
  }

  private lookNoMore(): void {
    this.pollNoMore();
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.begun = [];
  }

  private pollNoMore(): void {
    clearInterval(this.poll);
    this.poll = undefined;
  }

  private async look(runs: readonly WatchedRun[]): Promise<void> {
    try {
      const heads = await this.parts.heads(runs.map(({ key }) => key));
      // Where nothing gets lost, only a look that failed makes another one necessary.
      if (this.parts.hearsAll && runs.length === this.watched.size) this.pollNoMore();
      for (const run of runs) tell(run, stopCauseIn(heads.get(run.key), run.runId));
    } catch (error) {
      if (this.watched.size > 0) this.lookEverySecond();
      if (!(error instanceof StoreUnavailable)) this.parts.onError(error);
    }
  }

  private forget(runId: string, settle: (cause: StopCause) => void): void {
    const settles = this.watched.get(runId)?.settles;
    settles?.delete(settle);
    if (settles?.size === 0) this.watched.delete(runId);
    if (this.watched.size === 0) this.lookNoMore();
  }
}

function tell({ settles }: WatchedRun, cause: StopCause | undefined): void {
  if (cause !== undefined) for (const settle of settles) settle(cause);
}
