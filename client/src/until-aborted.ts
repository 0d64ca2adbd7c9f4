/** What comes of it, or the signal's reason as soon as it is aborted, though what is waited for may take no notice. */
export function untilAborted<Value>(waiting: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    waiting.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
