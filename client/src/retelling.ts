import type { Frame } from './wire.js';

/** What was given of an answer. When the service keeps its frames no more, it tells the answer again in others: this
 *  leaves out of them what was given already. */
export class Retelling {
  private given = 0;
  private heard = 0;
  private readonly seen = new Set<string>();

  /** Notes a frame that is given. */
  note(frame: Frame): void {
    if (frame.type === 'assistant_message') this.given += frame.token.length;
    else if (frame.type !== 'tool_call_arguments') this.seen.add(nameOf(frame));
  }

  /** The answer is told from its start. */
  restart(): void {
    this.heard = 0;
  }

  /** What is new in a frame that is told again; undefined where nothing is. */
  newIn(frame: Frame): Frame | undefined {
    if (frame.type !== 'assistant_message') return this.seen.has(nameOf(frame)) ? undefined : frame;
    const known = Math.max(0, this.given - this.heard);
    this.heard += frame.token.length;
    if (frame.is_final || known === 0) return frame;
    return known < frame.token.length ? { ...frame, token: frame.token.slice(known) } : undefined;
  }
}

function nameOf(frame: Frame): string {
  return 'call_id' in frame ? `${frame.type} ${frame.call_id}` : frame.type;
}
