import type { CallAsked, RunEvent } from './run-event.js';
import { servedByIn } from './served-tools.js';
import type { ArgumentsChunk } from './token-chunk.js';

/** The calls that are left to the client of a run. One whose arguments are told piece by piece is shown from the first
 *  on; any other when the run has ended without settling it, for only then is it known whose it is. */
export class UnsettledCalls {
  private readonly shown = new Map<string, number>();
  private unshown: readonly CallAsked[] = [];

  /** Which of the calls it is a piece of; undefined where a server runs that. */
  piece({ callId, toolName }: ArgumentsChunk): { readonly index: number; readonly isNew: boolean } | undefined {
    if (servedByIn(toolName) !== undefined) return undefined;
    const index = this.shown.get(callId);
    return index === undefined ? { index: this.show(callId), isNew: true } : { index, isNew: false };
  }

  note(event: RunEvent): void {
    if (event.type === 'tool-call' && !this.shown.has(event.callId)) this.unshown = [...this.unshown, event];
    if (event.type === 'tool-result') this.unshown = this.unshown.filter(({ callId }) => callId !== event.callId);
  }

  /** The place of a call that was shown; undefined where it was not, or not yet. */
  placeOf(callId: string): number | undefined {
    return this.shown.get(callId);
  }

  /** Those of which no piece was shown. */
  takeUnshown(): readonly { readonly index: number; readonly call: CallAsked }[] {
    const calls = this.unshown.map((call) => ({ index: this.show(call.callId), call }));
    this.unshown = [];
    return calls;
  }

  private show(callId: string): number {
    const index = this.shown.size;
    this.shown.set(callId, index);
    return index;
  }
}
