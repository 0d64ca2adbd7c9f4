export interface OwnAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** It follows no longer. */
  letGo(): void;
}

/** An abort of one's own, which also follows another one until it lets go. `AbortSignal.any` leaves that to the garbage
 *  collector and costs six times as much; every message has several. */
export function ownAbort(leader: AbortSignal): OwnAbort {
  const controller = new AbortController();
  const follow = (): void => controller.abort(leader.reason);
  if (leader.aborted) follow();
  else leader.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    letGo: () => leader.removeEventListener('abort', follow),
  };
}
