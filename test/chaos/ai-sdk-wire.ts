import type { Chance } from './chance.js';
import { type DoorRequest, type DoorWire, type Progress, posted, runStream } from './door-wire.js';
import type { SentMessage, Way } from './history.js';
import { sessionNamed } from './session-name.js';
import { UiMessageFrames } from './ui-message-frames.js';

/** A page has no key. It comes back to the answer that it names, for as long as that is the session's latest. */
export class AiSdkWire implements DoorWire {
  readonly isRepeatable = false;

  constructor(private readonly message: SentMessage) {}

  wayBack({ isElsewhere }: Progress, chance: Chance): Way {
    return isElsewhere ? 'get' : chance.oneOf(['reconnect', 'reconnect', 'reconnect', 'get']);
  }

  request(way: Way, progress: Progress): DoorRequest {
    if (way === 'get') return runStream(progress);
    const { number, session, content, onBusy, onDisconnect } = this.message;
    const { id } = sessionNamed(session);
    const decoder = new UiMessageFrames();
    const path = `/ai/chat/${id}/stream?message_id=msg_${progress.run}`;
    if (way === 'reconnect') return { method: 'GET', path, headers: {}, body: '', cursor: 0, decoder };
    const messages = [{ id: `page-${number}`, role: 'user', parts: [{ type: 'text', text: content }] }];
    const said = { id, messages, trigger: 'submit-message', on_busy: onBusy, on_disconnect: onDisconnect };
    return { ...posted('/ai/chat', said, {}), decoder };
  }

  cancel(run: string) {
    const body = JSON.stringify({ activeStreamId: `msg_${run}` });
    return { method: 'POST', path: `/ai/chat/${sessionNamed(this.message.session).id}/stop`, body };
  }
}
