import type { Chance } from './chance.js';
import { type DoorRequest, type DoorWire, type Progress, posted, runCancel, runStream } from './door-wire.js';
import type { SentMessage, Way } from './history.js';
import { sessionNamed } from './session-name.js';

/** Resumed in every way there is. */
export class NativeWire implements DoorWire {
  readonly isRepeatable = true;
  readonly cancel = runCancel;

  constructor(private readonly message: SentMessage) {}

  wayBack({ lastSequence, sawEnding }: Progress, chance: Chance): Way {
    if (lastSequence === 0) return chance.oneOf(['post', 'get']);
    const way = chance.oneOf(['post', 'post-after', 'post-after', 'get', 'get', 'get', 'join']);
    // Who has seen the ending would join the next run of the session.
    return way === 'join' && sawEnding ? 'get' : way;
  }

  request(way: Way, progress: Progress): DoorRequest {
    const { session, key, content, onBusy, onDisconnect } = this.message;
    const { id } = sessionNamed(session);
    const resuming = runStream(progress);
    if (way === 'get') return resuming;
    if (way === 'join') return { ...resuming, path: `/agent/sessions/${id}/stream` };
    const said = { session_id: id, type: 'user_message', content, on_busy: onBusy, on_disconnect: onDisconnect };
    // As runs of the other doors have it: so a run has the same events wherever it is read.
    const body = { ...said, include: ['usage'] };
    const first = posted('/agent/message/stream', body, { 'Idempotency-Key': key });
    if (way === 'post') return first;
    return { ...first, headers: { ...first.headers, ...resuming.headers }, cursor: resuming.cursor };
  }
}
