import { hash } from 'node:crypto';
import { KEY_MILLISECONDS } from '../../../../domain/repeats.js';
import type { DoorUseCases } from '../door/door.js';
import { type DoorTurn, wasTaken } from '../door/send-turn.js';
import type { RequestContext } from '../request-context.js';

/** The turn, in a session that it begins. Keys belong to sessions, so the same key has to lead to the same one for as
 *  long as it is kept, and to another one after that: its session is named by the key and the day on which it began,
 *  which is today or was yesterday. */
export async function newSession(
  turn: Omit<DoorTurn, 'sessionId'>,
  useCases: Pick<DoorUseCases, 'ids' | 'clock' | 'sendMessage'>,
  context: RequestContext,
): Promise<DoorTurn> {
  const { idempotencyKey: key } = turn;
  if (key === undefined) return { ...turn, sessionId: useCases.ids.next() };
  const today = Math.floor(useCases.clock.now().getTime() / KEY_MILLISECONDS);
  const yesterdays = { ...turn, sessionId: sessionFor(key, today - 1) };
  if (await wasTaken(useCases, yesterdays, context)) return yesterdays;
  return { ...turn, sessionId: sessionFor(key, today) };
}

function sessionFor(key: string, day: number): string {
  return `key-${hash('sha256', key, 'hex')}-${day}`;
}
