import { RunNotFound } from '../domain/errors.js';
import type { Run } from '../domain/run.js';
import { type GenerateReply, namesOf, RunStopped } from './generate-reply.js';
import type { Logger } from './ports/logger.js';
import type { RunRepository } from './ports/run-repository.js';

/** The runs that this process is writing. */
export class ActiveRuns {
  private readonly active = new Map<string, AbortController>();
  private readonly turns = new Set<Promise<void>>();
  private draining = false;
  private expired = false;

  constructor(
    private readonly generateReply: GenerateReply,
    private readonly runs: RunRepository,
    private readonly log: Logger,
    private readonly maxRuns: number,
  ) {}

  get size(): number {
    return this.active.size;
  }

  /** The process takes no new messages. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** As many runs are written as may be. */
  get isFull(): boolean {
    return this.active.size >= this.maxRuns;
  }

  /** Writes a run whose turn it is, and those that queue behind it, each to its ending. Returns at once. */
  start(run: Run): void {
    const turns = this.writeInTurn(run).finally(() => this.turns.delete(turns));
    this.turns.add(turns);
  }

  /** No new messages from now on; resolves when every run has ended. Those not ended after the grace are interrupted. */
  async drain(graceMilliseconds: number): Promise<void> {
    this.draining = true;
    const grace = setTimeout(() => this.interruptAll(), graceMilliseconds);
    while (this.turns.size > 0) await Promise.all(this.turns);
    clearTimeout(grace);
  }

  private interruptAll(): void {
    this.expired = true;
    for (const controller of this.active.values()) controller.abort(new RunStopped('interrupted'));
  }

  private async writeInTurn(first: Run): Promise<void> {
    let run: Run | undefined = first;
    while (run !== undefined) run = await this.write(run);
  }

  private async write(run: Run): Promise<Run | undefined> {
    const controller = new AbortController();
    const ended = new AbortController();
    this.active.set(run.id, controller);
    if (this.expired) controller.abort(new RunStopped('interrupted'));
    try {
      this.stopWhenAsked(run, controller, ended.signal);
      return await this.generateReply.execute(run, controller.signal);
    } catch (error) {
      this.reportUnended(run, error);
      return undefined;
    } finally {
      ended.abort();
      this.active.delete(run.id);
    }
  }

  private stopWhenAsked(run: Run, controller: AbortController, ended: AbortSignal): void {
    this.runs.stopRequest(run.id, ended).then(
      (cause) => {
        if (cause !== undefined) controller.abort(new RunStopped(cause));
      },
      (error: unknown) => this.log.error('stop requests cannot be heard', { ...namesOf(run), error }),
    );
  }

  private reportUnended(run: Run, error: unknown): void {
    if (error instanceof RunNotFound) this.log.debug('session deleted during its run', namesOf(run));
    else this.log.error('run could not be ended', { ...namesOf(run), error });
  }
}
