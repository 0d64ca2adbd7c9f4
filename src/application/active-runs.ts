import { LeaseLost, RunEnded, RunNotFound } from '../domain/errors.js';
import type { Run } from '../domain/run.js';
import { type EndRun, namesOf } from './end-run.js';
import type { GenerateReply } from './generate-reply.js';
import type { Logger } from './ports/logger.js';
import type { RunLeases } from './ports/run-leases.js';
import type { RunObserver } from './ports/run-observer.js';
import type { RunRepository } from './ports/run-repository.js';
import { RunStopped } from './reply-outcome.js';

/** A reason that is made once: an abort without one makes an exception, with a stack, for nobody. */
const ENDED = 'the run has ended';
/** How long an ending may wait for a store that is away, once the grace of a shutdown is over. */
const ENDING_GRACE = 3000;

export interface ActiveRunsParts {
  readonly generateReply: Pick<GenerateReply, 'execute'>;
  readonly endRun: EndRun;
  readonly runs: RunRepository;
  readonly leases: RunLeases;
  readonly observer: RunObserver;
  readonly log: Logger;
}

export interface ActiveRunsOptions {
  readonly maxRuns: number;
  /** Whether the process is too slow to do more than it does. */
  readonly isOverloaded: () => boolean;
  /** Another process can write what this one does not come to. */
  readonly outlivesProcess: boolean;
}

/** A run that was begun for this process, if one was. */
interface MaybeAccepted {
  readonly run: Run | undefined;
  /** It was begun before. */
  readonly replayed: boolean;
}

/** The runs that this process is writing. */
export class ActiveRuns {
  private readonly active = new Map<string, { readonly run: Run; readonly controller: AbortController }>();
  /** What a drain waits for: the writing of runs, and what may bring another one. */
  private readonly work = new Set<Promise<unknown>>();
  private readonly giveUp = new AbortController();
  private draining = false;
  private expired = false;

  constructor(
    private readonly parts: ActiveRunsParts,
    private readonly options: ActiveRunsOptions,
  ) {}

  get size(): number {
    return this.active.size;
  }

  /** The runs themselves, as they were when their writing began. */
  get all(): readonly Run[] {
    return [...this.active.values()].map(({ run }) => run);
  }

  /** The process takes no new messages. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** As many runs are written as may be, or as the process can. */
  get isFull(): boolean {
    return this.active.size >= this.options.maxRuns || this.options.isOverloaded();
  }

  /** Writes a run whose turn it is, and those that queue behind it, each to its ending. Returns at once. */
  start(run: Run): void {
    void this.track(this.writeInTurn(run));
  }

  /** The same as soon as a message is accepted, if its turn is then: a drain that begins meanwhile waits for it. */
  startAccepted<Accepted extends MaybeAccepted>(accepting: Promise<Accepted>): Promise<Accepted> {
    return this.track(
      accepting.then((accepted) => {
        if (!accepted.replayed && accepted.run?.status === 'running') this.start(accepted.run);
        return accepted;
      }),
    );
  }

  /** Takes up runs that other processes left behind, as many as there is room for. */
  async startOrphans(): Promise<void> {
    const room = this.options.maxRuns - this.active.size;
    if (this.draining || this.isFull) return;
    for (const run of await this.track(this.parts.leases.claimOrphans(room))) this.start(run);
  }

  /** Tells the store that this process lives; runs that somebody else writes by now are let go. */
  async renewLeases(): Promise<void> {
    if (this.active.size === 0) return;
    for (const { id, epoch } of await this.parts.leases.renew(this.all)) {
      const active = this.active.get(id);
      if (active?.run.epoch === epoch) active.controller.abort(new LeaseLost(id));
    }
  }

  /** No new messages from now on; resolves when every run has ended. Those not ended after the grace are interrupted,
   *  and those whose ending the store does not take within 3 s more are left to another process. */
  async drain(graceMilliseconds: number): Promise<void> {
    this.draining = true;
    this.parts.endRun.handsOver = this.options.outlivesProcess;
    const grace = setTimeout(() => this.interruptAll(), graceMilliseconds);
    const givenUp = Promise.withResolvers<void>();
    const end = setTimeout(() => {
      this.giveUp.abort(new StoreDidNotReturn());
      givenUp.resolve();
    }, graceMilliseconds + ENDING_GRACE);
    while (this.work.size > 0 && !this.giveUp.signal.aborted)
      await Promise.race([Promise.allSettled(this.work), givenUp.promise]);
    clearTimeout(grace);
    clearTimeout(end);
  }

  private interruptAll(): void {
    this.expired = true;
    for (const { controller } of this.active.values()) controller.abort(new RunStopped('interrupted'));
  }

  private async writeInTurn(first: Run): Promise<void> {
    let run: Run | undefined = first;
    while (run !== undefined) run = await this.write(run);
  }

  private async write(run: Run): Promise<Run | undefined> {
    const controller = new AbortController();
    const ended = new AbortController();
    this.active.set(run.id, { run, controller });
    if (this.expired) controller.abort(new RunStopped('interrupted'));
    try {
      this.stopWhenAsked(run, controller, ended.signal);
      return await this.parts.generateReply.execute(run, controller.signal, this.giveUp.signal);
    } catch (error) {
      this.reportUnended(run, error);
      return undefined;
    } finally {
      ended.abort(ENDED);
      this.leave(run, controller);
    }
  }

  /** The run may have come back meanwhile, with another lease: then that stays. */
  private leave(run: Run, controller: AbortController): void {
    if (this.active.get(run.id)?.controller !== controller) return;
    this.active.delete(run.id);
    this.parts.leases.letGo(run);
  }

  private stopWhenAsked(run: Run, controller: AbortController, ended: AbortSignal): void {
    this.parts.runs.untilStopped(run, ended).then(
      (cause) => {
        if (cause !== undefined) controller.abort(new RunStopped(cause));
      },
      (error: unknown) => this.parts.log.error('stop requests cannot be heard', { ...namesOf(run), error }),
    );
  }

  private track<Result>(work: Promise<Result>): Promise<Result> {
    const done = work.finally(() => this.work.delete(done));
    this.work.add(done);
    return done;
  }

  private reportUnended(run: Run, error: unknown): void {
    const { log, observer } = this.parts;
    if (error instanceof RunNotFound) log.debug('session deleted during its run', namesOf(run));
    else if (error instanceof LeaseLost || error instanceof RunEnded) {
      observer.runLost();
      log.warn('run lost to another process', namesOf(run));
    } else log.error('run could not be ended', { ...namesOf(run), error });
  }
}

class StoreDidNotReturn extends Error {
  constructor() {
    super('The store did not come back in time; another process will end the run.');
  }
}
