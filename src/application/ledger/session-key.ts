/** What names a session to a store. Stores take it as it is, so only this decides which sessions are one and the
 *  same. */
export function sessionKeyOf({ sessionId }: { readonly sessionId: string }): string {
  return sessionId;
}
