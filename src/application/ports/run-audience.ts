/** Which processes have readers of a run, for runs that are cancelled when nobody reads them. */
export interface RunAudience {
  /** This process has readers of the run, for one lease time from now; to be repeated while it has. */
  attend(runId: string): Promise<void>;

  /** This process has no reader of the run any more. Returns whether another process has. */
  leave(runId: string): Promise<boolean>;

  /** Those of these runs that no process reads. */
  deserted(runIds: readonly string[]): Promise<readonly string[]>;
}
