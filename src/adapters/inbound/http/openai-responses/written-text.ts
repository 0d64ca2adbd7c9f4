import { type ItemStatus, TEXT_FORMS, type TextKind, textItem, textPart } from './output-items.js';
import type { Emit } from './response-event.js';

/** A text or a thought in the output of a response. */
export class WrittenText {
  private text = '';
  private status: ItemStatus = 'in_progress';
  private readonly id: string;
  private readonly place;

  constructor(
    readonly kind: TextKind,
    runId: string,
    private readonly index: number,
    private readonly emit: Emit,
  ) {
    this.id = `${TEXT_FORMS[kind].prefix}_${runId}_${index}`;
    this.place = { item_id: this.id, output_index: index, content_index: 0 };
    emit({ type: 'response.output_item.added', output_index: index, item: textItem(kind, this.id, 'in_progress', []) });
    emit({ type: 'response.content_part.added', ...this.place, part: textPart(kind, '') });
  }

  get item() {
    return textItem(this.kind, this.id, this.status, [textPart(this.kind, this.text)]);
  }

  add(delta: string): void {
    this.text += delta;
    this.tell('delta', { delta });
  }

  close(status: ItemStatus): void {
    this.status = status;
    this.tell('done', { text: this.text });
    this.emit({ type: 'response.content_part.done', ...this.place, part: textPart(this.kind, this.text) });
    this.emit({ type: 'response.output_item.done', output_index: this.index, item: this.item });
  }

  private tell(what: 'delta' | 'done', said: object): void {
    const { part, inEvents } = TEXT_FORMS[this.kind];
    this.emit({ type: `response.${part}.${what}`, ...this.place, ...said, ...inEvents });
  }
}
