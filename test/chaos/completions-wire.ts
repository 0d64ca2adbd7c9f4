import type { Chance } from './chance.js';
import { CompletionFrames } from './completion-frames.js';
import { type DoorRequest, type DoorWire, type Progress, posted, runCancel, runStream } from './door-wire.js';
import type { SentMessage, Way } from './history.js';
import { sessionNamed } from './session-name.js';

/** Chat Completions know no resuming: a client says the same again, with its key, or reads the run. */
export class CompletionsWire implements DoorWire {
  readonly isRepeatable = true;
  readonly cancel = runCancel;

  constructor(private readonly message: SentMessage) {}

  wayBack(_progress: Progress, chance: Chance): Way {
    return chance.oneOf(['post', 'post', 'get']);
  }

  request(way: Way, progress: Progress): DoorRequest {
    if (way === 'get') return runStream(progress);
    const { number, session, key, content } = this.message;
    // Most clients send along what they know of the conversation, and it does no harm.
    const before = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello to you' },
    ];
    const messages = [...(number % 2 === 0 ? before : []), { role: 'user', content }];
    const headers = { 'X-Session-Id': sessionNamed(session).id, 'Idempotency-Key': key };
    const body = { messages, stream: true, stream_options: { include_usage: true } };
    const asked = posted('/v1/chat/completions', body, headers);
    return { ...asked, decoder: new CompletionFrames() };
  }
}
