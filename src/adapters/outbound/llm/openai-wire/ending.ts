import type { CompletionFinishReason, CompletionPart } from '../../../../application/ports/llm-gateway.js';

/** What an upstream has said of its end, and what that proves. Some say `stop` with every chunk: where more came after
 *  a finish reason, or none ever came without, it proves nothing that the end of the stream does not. */
export class Ending {
  private reason: CompletionFinishReason | undefined;
  private unknownReason: string | undefined;
  private hasSaidNotYet = false;
  private hasGoneOn = false;
  private isOutdated = false;

  /** The model has ended, even if the stream breaks off now. */
  get isProven(): boolean {
    return this.reason !== undefined && this.hasSaidNotYet && !this.hasGoneOn;
  }

  get isSaid(): boolean {
    return this.reason !== undefined;
  }

  /** The model said something. */
  goOn(): void {
    if (this.reason === undefined) return;
    this.hasGoneOn = true;
    this.isOutdated = true;
  }

  /** A chunk without a finish reason. */
  sayNotYet(): void {
    if (this.reason === undefined) this.hasSaidNotYet = true;
  }

  /** Where there are several, what is told is the last before which something was said, and that an answer was cut
   *  rather than not. */
  say(reason: CompletionFinishReason, unknownReason?: string): void {
    const isNews = this.reason === undefined || this.isOutdated || (this.reason === 'stop' && reason !== 'stop');
    if (!isNews) return;
    this.isOutdated = false;
    this.reason = reason;
    this.unknownReason = unknownReason;
  }

  part(): CompletionPart {
    const { reason: finishReason = 'stop', unknownReason } = this;
    return unknownReason === undefined ? { type: 'end', finishReason } : { type: 'end', finishReason, unknownReason };
  }
}
