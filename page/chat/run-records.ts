import type { AgentRuntime, Run } from 'agent-runtime/client';

/** What the service keeps of the runs: which model answered, how many tokens it took, why it failed. */
export class RunRecords {
  private readonly asked = new Set<string>();
  private readonly runs = new Map<string, Run | undefined>();

  constructor(
    private readonly runtime: AgentRuntime,
    private readonly changed: () => void,
  ) {}

  /** Undefined while it is not known, and where it is not kept any more. */
  of(runId: string): Run | undefined {
    return this.runs.get(runId);
  }

  /** Whether the service was heard about it. */
  knows(runId: string): boolean {
    return this.runs.has(runId);
  }

  /** Asks for it, once. */
  want(runId: string): void {
    if (!this.asked.has(runId) && runId !== '') void this.renew(runId);
  }

  /** As it is by now. */
  async renew(runId: string): Promise<void> {
    this.asked.add(runId);
    // A run that is not kept is nothing that somebody has to hear of.
    const run = await this.runtime.run(runId).catch(() => undefined);
    this.runs.set(runId, run);
    this.changed();
  }
}
