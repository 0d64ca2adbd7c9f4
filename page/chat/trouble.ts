import { Problem } from 'agent-runtime/client';

/** What went wrong, in words, and what was tried. */
export interface Trouble {
  readonly words: string;
  /** Undefined where it would be of no use to try it again. */
  readonly again: (() => void) | undefined;
}

/** For people. What the service says is said in its words. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Problem)) return 'Something went wrong in this page.';
  if (error.status === 0) return 'The service cannot be reached.';
  return WORDS[error.code] ?? error.detail;
}

const WORDS: Readonly<Record<string, string>> = {
  session_busy: 'This chat is answering another message just now.',
  overloaded: 'The service has too much to do just now.',
  shutting_down: 'The service is being restarted.',
  rate_limited: 'Too many messages in a minute; wait a moment.',
  session_full: 'This chat is full. Begin a new one.',
  message_too_long: 'This message is too long for the model.',
  body_too_large: 'This message is too long.',
};

export function isUnauthorized(error: unknown): boolean {
  return error instanceof Problem && error.status === 401;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}
