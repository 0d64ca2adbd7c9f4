import type { RunAudience } from '../../../application/ports/run-audience.js';

/** The audience in a store that one process alone uses: nobody else reads. */
export class SoleAudience implements RunAudience {
  private readonly attended = new Set<string>();

  async attend(runId: string): Promise<void> {
    this.attended.add(runId);
  }

  async leave(runId: string): Promise<boolean> {
    this.attended.delete(runId);
    return false;
  }

  async deserted(runIds: readonly string[]): Promise<readonly string[]> {
    return runIds.filter((runId) => !this.attended.has(runId));
  }
}
