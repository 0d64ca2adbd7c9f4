/** What is made is given to all who ask while it is being made and for so many milliseconds after. A failure is not
 *  kept. */
export function sharedFor<Value>(milliseconds: number, make: () => Promise<Value>): () => Promise<Value> {
  let shared: Promise<Value> | undefined;
  let freshUntil = 0;
  return () => {
    if (shared === undefined || performance.now() >= freshUntil) {
      freshUntil = Number.POSITIVE_INFINITY;
      shared = make();
      shared.then(
        () => {
          freshUntil = performance.now() + milliseconds;
        },
        () => {
          freshUntil = 0;
        },
      );
    }
    return shared;
  };
}
