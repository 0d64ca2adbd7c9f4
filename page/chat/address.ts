const SESSION = /^#\/s\/([\w.-]{1,128})$/;

/** The session that the page's address names. */
export function sessionInAddress(): string | undefined {
  return SESSION.exec(location.hash)?.[1];
}

/** `undefined` is a chat that has not begun. */
export function addressOf(sessionId: string | undefined): string {
  return sessionId === undefined ? '#/' : `#/s/${sessionId}`;
}

/** Ids are the client's to choose. `crypto.randomUUID` is not there in a page without TLS. */
export function newSessionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
