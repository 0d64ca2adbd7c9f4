import type { AnswerWatcher } from '../../../../domain/answer-draft.js';
import type { AnswerCall, AnswerPart, AnswerText } from '../../../../domain/answer-part.js';
import { itemId, itemOf, TEXT_FORMS, textItem, textPart } from './output-items.js';

/** An event of a response, but for its number. */
export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The items of a response's output while they are written, as events, told to `emit`. */
export class ItemEvents implements AnswerWatcher {
  /** That of the text that is written: there is one at a time. */
  private textPlace: object = {};

  constructor(
    private readonly runId: string,
    private readonly emit: (event: ResponseEvent) => void,
  ) {}

  begun(part: AnswerPart): void {
    const item = part.kind === 'call' ? itemOf(this.runId, part) : textItem(this.runId, part, []);
    this.emit({ type: 'response.output_item.added', output_index: part.place, item });
    if (part.kind === 'call') return;
    this.textPlace = { item_id: itemId(this.runId, part), output_index: part.place, content_index: 0 };
    this.emit({ type: 'response.content_part.added', ...this.textPlace, part: textPart(part.kind, '') });
  }

  /** Every token comes by here. */
  added(part: AnswerPart, delta: string): void {
    if (part.kind === 'call') this.tellCall(part, 'delta', { delta });
    else this.tellText(part, 'delta', { delta });
  }

  ended(part: AnswerPart): void {
    if (part.kind !== 'call') this.textEnded(part);
    else if (part.state === 'whole') this.tellCall(part, 'done', { name: part.call.toolName, arguments: part.given });
    this.emit({ type: 'response.output_item.done', output_index: part.place, item: itemOf(this.runId, part) });
  }

  private textEnded(part: AnswerText): void {
    const { kind, text } = part;
    this.tellText(part, 'done', { text });
    this.emit({ type: 'response.content_part.done', ...this.textPlace, part: textPart(kind, text) });
  }

  private tellCall(part: AnswerCall, what: 'delta' | 'done', said: object): void {
    const place = { item_id: itemId(this.runId, part), output_index: part.place };
    this.emit({ type: `response.function_call_arguments.${what}`, ...place, ...said });
  }

  private tellText({ kind }: AnswerText, what: 'delta' | 'done', said: object): void {
    const form = TEXT_FORMS[kind];
    this.emit({ type: `response.${form.part}.${what}`, ...this.textPlace, ...said, ...form.inEvents });
  }
}
