import type { SessionRepository } from '../../src/application/ports/session-repository.js';
import type { Message } from '../../src/domain/message.js';

/** All of a session's messages, whatever its pages. */
export async function messagesIn(
  sessions: Pick<SessionRepository, 'messages'>,
  sessionId: string,
  upToRun?: string,
): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for await (const page of sessions.messages(sessionId, upToRun)) messages.push(...page);
  return messages;
}
