import type { Run } from '../../domain/run.js';
import type { RunRepository } from '../ports/run-repository.js';

/** A run as it stands. */
export class GetRun {
  constructor(private readonly runs: RunRepository) {}

  /** Throws RunNotFound. */
  execute(runId: string): Promise<Run> {
    return this.runs.find(runId);
  }
}
