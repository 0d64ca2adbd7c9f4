import type { Chance } from './chance.js';
import { type DoorRequest, type DoorWire, type Progress, posted } from './door-wire.js';
import type { SentMessage, Way } from './history.js';
import { RESPONSE_START, ResponseEventFrames, type ResponsePlace } from './response-event-frames.js';
import { sessionNamed } from './session-name.js';

/** Responses are read again from any number on, and said again with their key. */
export class ResponsesWire implements DoorWire {
  readonly isRepeatable = true;
  private decoder = new ResponseEventFrames(RESPONSE_START);
  private readonly numbers = new Map<number, number>();

  constructor(private readonly message: SentMessage) {}

  wayBack(_progress: Progress, chance: Chance): Way {
    return chance.oneOf(['post', 'response', 'response']);
  }

  request(way: Way, progress: Progress): DoorRequest {
    for (const [sequence, number] of this.decoder.numbers) this.numbers.set(sequence, number);
    const from = way === 'post' ? RESPONSE_START : this.placeOf(progress);
    this.decoder = new ResponseEventFrames(from);
    const { decoder } = this;
    if (way === 'post') return { ...this.said(), decoder };
    const after = from.number < 0 ? '' : `&starting_after=${from.number}`;
    const path = `/v1/responses/resp_${progress.run}?stream=true${after}`;
    return { method: 'GET', path, headers: {}, body: '', cursor: from.sequence, decoder };
  }

  cancel(run: string) {
    return { method: 'POST', path: `/v1/responses/resp_${run}/cancel` };
  }

  /** Where the last event was told natively, its number here is not known: then from the start. */
  private placeOf({ run = '', lastSequence: sequence }: Progress): ResponsePlace {
    const number = this.numbers.get(sequence);
    return number === undefined ? { ...RESPONSE_START, run } : { run, number, sequence };
  }

  private said() {
    const { session, key, content, onDisconnect, isUnnamed, runBefore } = this.message;
    const named = isUnnamed ? {} : { conversation: sessionNamed(session).id };
    const place = runBefore === undefined ? named : { previous_response_id: `resp_${runBefore}` };
    const body = { input: content, stream: true, background: onDisconnect === 'continue', ...place };
    return posted('/v1/responses', body, { 'Idempotency-Key': key });
  }
}
