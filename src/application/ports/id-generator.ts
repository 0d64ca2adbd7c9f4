export interface IdGenerator {
  /** An id never given before and not to be guessed: at least 80 random bits as [0-9a-z], no dash, so that it can stand
   *  in a header, a path and before the dash of an event id. */
  next(): string;
}
