import { isSameJson } from './same-json.js';
import { readArguments, type ToolCall } from './tool-call.js';

/** What an answer is made of, in the order in which the model began it. */
export type AnswerPart = AnswerText | AnswerCall;

export type TextKind = 'text' | 'reasoning';

/** Broken off: its run ended before it was whole. */
type PartState = 'open' | 'whole' | 'broken-off';

/** A text or a thought. */
export class AnswerText {
  /** As far as it is kept. */
  text = '';
  state: PartState = 'open';

  constructor(
    readonly kind: TextKind,
    readonly place: number,
  ) {}
}

/** A call that is left to the client. */
export class AnswerCall {
  readonly kind = 'call';
  /** The arguments, as far as they are written. */
  given = '';
  state: PartState = 'open';

  constructor(
    readonly call: Pick<ToolCall, 'callId' | 'toolName'>,
    readonly place: number,
  ) {}

  /** What counts is the call as it is made. Returns what was not given before. */
  complete({ arguments: asked }: Pick<ToolCall, 'arguments'>): string {
    const before = this.given;
    if (before === '' || !isSameJson(readArguments(before), asked)) this.given = JSON.stringify(asked);
    this.state = 'whole';
    return before === '' ? this.given : '';
  }
}
