/** One request and how it was answered, for those who count and log: nothing in it was written by a client. */
export interface AnsweredRequest {
  /** UNKNOWN where it is none of those that are usual. */
  readonly method: string;
  /** As the endpoints have it, `/agent/runs/{run}`; UNKNOWN where there is none. */
  readonly route: string;
  /** CLIENT_LEFT where nobody was there to be answered. */
  readonly status: number;
  /** False where the answer was begun, and its client left or was cut off before its end. */
  readonly whole: boolean;
  readonly requestId: string;
  /** Which of the internal keys it had, counted from 1. */
  readonly key: number | undefined;
  /** Undefined where it never became a request. */
  readonly milliseconds: number | undefined;
}

export const UNKNOWN = 'unknown';

/** As nginx counts them; no client ever sees it. */
export const CLIENT_LEFT = 499;

/** Is told of every request when it is over. Returns at once and never throws. */
export interface RequestObserver {
  answered(request: AnsweredRequest): void;
}

const USUAL_METHODS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
];

export function usualMethod(method: string | undefined): string {
  return method !== undefined && USUAL_METHODS.includes(method) ? method : UNKNOWN;
}

/** A request that was refused before any step of ours had it. */
export function refusedRequest(method: string | undefined, status: number, requestId: string): AnsweredRequest {
  const unknown = { route: UNKNOWN, key: undefined, milliseconds: undefined };
  return { method: usualMethod(method), status, whole: true, requestId, ...unknown };
}
