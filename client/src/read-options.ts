/** `connecting` until an answer begins, `open` while it comes, `waiting` before the next try. */
export type ConnectionState = 'connecting' | 'open' | 'waiting';

export interface ReadOptions {
  /** Aborting it leaves; the run goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what becomes of the connection. */
  readonly onConnection?: ((state: ConnectionState) => void) | undefined;
}
