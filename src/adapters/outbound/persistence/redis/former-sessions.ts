import type { SessionHead } from '../../../../domain/session-head.js';
import { writtenHead } from '../ledger-codec.js';
import { type FormerFields, formerActive, formerRun, isEnded } from './former-run.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { moveScript } from './scripts/move.js';
import { listed } from './step-values.js';

/** The fields of a session and its runs that keep their names. */
const KEPT = /^(?:createdAt|active|.*:(?:last|answer))$/;

/** Sessions as the version before kept them: a field for each fact, and two lists. Each session is moved on when it
 *  is first used. Journals, and the ways from runs to sessions, stay as they were. */
export class FormerSessions {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async moveOn(key: string): Promise<void> {
    const name = this.keys.session(key);
    const [turns, queue] = this.keys.former(key);
    const [fields, begun, waiting] = await this.connection.ask((client) =>
      Promise.all([client.hgetall(name), client.lrange(turns, 0, -1), client.lrange(queue, 0, -1)]),
    );
    if (fields.rev !== undefined || fields.createdAt === undefined) return;
    const gone = Object.keys(fields).filter((field) => !KEPT.test(field));
    const values = [...listed(gone), ...listed(movedOn(key, fields, begun, waiting))];
    await this.connection.run(moveScript, [name, turns, queue], values);
  }
}

/** The new fields of a session and their values, in turn. */
function movedOn(key: string, fields: FormerFields, begun: readonly string[], waiting: readonly string[]): string[] {
  const head = headOf(key, fields, waiting);
  const { active } = head;
  const runs = [...begun, ...waiting].flatMap((id) => formerRun(key, id, fields));
  const places = begun.flatMap((id, index) => [`${id}:place`, `${index + 1}`, `turn:${index + 1}`, id]);
  const fence = active === undefined || active.epoch === 0 ? '' : `${active.id}:${active.epoch}`;
  const due = active === undefined ? '' : (fields[`${active.id}:lease`] ?? '0');
  const standing = ['head', writtenHead(head), 'fence', fence, 'due', due, 'active', active?.id ?? ''];
  return [...runs, ...places, ...standing, 'turns', `${begun.length}`, 'shelves', '[]', 'rev', 'moved-on'];
}

function headOf(id: string, fields: FormerFields, queue: readonly string[]): SessionHead {
  const { createdAt, updatedAt = createdAt, messageCount = 0 } = fields;
  return {
    id,
    createdAt: new Date(Number(createdAt)),
    updatedAt: new Date(Number(updatedAt)),
    messageCount: Number(messageCount),
    active: formerActive(fields),
    queue,
    stopped: queue.filter((runId) => isEnded(runId, fields)),
  };
}
