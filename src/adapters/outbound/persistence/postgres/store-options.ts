/** The settings that all parts of this store share. */
export interface StoreOptions {
  /** Tells this process from the others. */
  readonly processId: string;
  readonly leaseMilliseconds: number;
  readonly sessionTtlMilliseconds: number;
  readonly journalTtlMilliseconds: number;
  readonly keyTtlMilliseconds: number;
}
