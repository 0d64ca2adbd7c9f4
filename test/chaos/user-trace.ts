/** One request of a user for what belongs to another one, or to nobody. */
export interface Peek {
  readonly user: string;
  /** Whose session, run and answer are asked for. */
  readonly message: number;
  readonly what: PeekKind;
  readonly at: number;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  readonly text: string;
}

/** By the id of a run, and by that of a session, of which the one who asks may have one himself. */
export type PeekKind =
  | 'run'
  | 'stream'
  | 'resume'
  | 'cancel'
  | 'response'
  | 'response-cancel'
  | 'behind'
  | 'session'
  | 'messages'
  | 'chat'
  | 'chat-stop';

/** The sessions that a user is shown, or whoever asks without one: all pages, one after the other. */
export interface Listing {
  readonly user: string | undefined;
  readonly order: 'created' | 'updated';
  readonly sessions: readonly string[];
}
