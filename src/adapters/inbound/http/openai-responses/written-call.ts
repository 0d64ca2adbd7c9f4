import type { CallAsked } from '../../../../domain/run-event.js';
import { isSameJson } from '../../../../domain/same-json.js';
import { readArguments } from '../../../../domain/tool-call.js';
import { callItem, type ItemStatus, type NamedCall } from './output-items.js';
import type { Emit } from './response-event.js';

/** A call in the output of a response. */
export class WrittenCall {
  private given = '';
  private status: ItemStatus = 'in_progress';
  private readonly id: string;

  constructor(
    private readonly call: NamedCall,
    runId: string,
    private readonly index: number,
    private readonly emit: Emit,
  ) {
    this.id = `fc_${runId}_${index}`;
    emit({ type: 'response.output_item.added', output_index: index, item: this.item });
  }

  get item() {
    return callItem(this.id, this.status, this.call, this.given);
  }

  add(delta: string): void {
    this.given += delta;
    this.tell('delta', { delta });
  }

  /** What counts is the call as it is made. */
  complete({ arguments: asked }: CallAsked): void {
    if (this.given === '') this.add(JSON.stringify(asked));
    else if (!isSameJson(readArguments(this.given), asked)) this.given = JSON.stringify(asked);
    this.tell('done', { name: this.call.toolName, arguments: this.given });
    this.close('completed');
  }

  /** Its run ended before it was whole: nobody is to make it. */
  breakOff(): void {
    if (this.status === 'in_progress') this.close('incomplete');
  }

  private close(status: ItemStatus): void {
    this.status = status;
    this.emit({ type: 'response.output_item.done', output_index: this.index, item: this.item });
  }

  private tell(what: 'delta' | 'done', said: object): void {
    const place = { item_id: this.id, output_index: this.index };
    this.emit({ type: `response.function_call_arguments.${what}`, ...place, ...said });
  }
}
