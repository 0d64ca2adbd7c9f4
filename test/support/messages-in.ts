import type { SessionRepository } from '../../src/application/ports/session-repository.js';
import type { Message } from '../../src/domain/message.js';

/** All of a session's messages in their order, whatever its pages; with `through`, those up to that run's last one. */
export async function messagesIn(
  sessions: Pick<SessionRepository, 'messages' | 'latestMessages'>,
  sessionId: string,
  through?: string,
): Promise<readonly Message[]> {
  if (through === undefined) return pulledFrom(sessions.messages(sessionId));
  return (await latestMessagesIn(sessions, sessionId, through)).toReversed();
}

/** The same, the latest first. */
export function latestMessagesIn(
  sessions: Pick<SessionRepository, 'latestMessages'>,
  sessionId: string,
  through?: string,
): Promise<readonly Message[]> {
  return pulledFrom(sessions.latestMessages(sessionId, through));
}

async function pulledFrom(pages: AsyncIterable<readonly Message[]>): Promise<readonly Message[]> {
  const messages: Message[] = [];
  for await (const page of pages) messages.push(...page);
  return messages;
}
