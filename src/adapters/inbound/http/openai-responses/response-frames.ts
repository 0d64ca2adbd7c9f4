import { AnswerDraft } from '../../../../domain/answer-draft.js';
import type { RunEvent } from '../../../../domain/run-event.js';
import type { FrameRenderer } from '../door/frame-renderer.js';
import { namedEvent } from '../sse-frames.js';
import { ItemEvents, type ResponseEvent } from './item-events.js';
import { lastEventOf } from './response-ending.js';
import { stateOf } from './response-state.js';
import type { ResponseState, ResponseView } from './response-view.js';

/** A run as the events of a response, numbered from 0; those up to `after` are left out. */
export class ResponseFrames implements FrameRenderer {
  readonly opening: string;
  private readonly draft: AnswerDraft;
  private frames = '';
  private number = 0;

  constructor(
    private readonly runId: string,
    private readonly view: ResponseView,
    private readonly after = -1,
  ) {
    this.draft = new AnswerDraft(new ItemEvents(runId, (event) => this.tell(event)));
    const response = view({ status: 'in_progress', output: [] });
    this.tell({ type: 'response.created', response });
    this.tell({ type: 'response.in_progress', response });
    this.opening = this.taken();
  }

  frame(event: RunEvent): string {
    this.draft.add(event);
    const { answer } = this.draft;
    if (answer !== undefined) this.end(stateOf(this.runId, answer));
    return this.taken();
  }

  private end(state: ResponseState): void {
    this.tell({ type: lastEventOf(state), response: this.view(state) });
  }

  private tell({ type, ...fields }: ResponseEvent): void {
    const number = this.number++;
    if (number <= this.after) return;
    this.frames += namedEvent(type, JSON.stringify({ type, sequence_number: number, ...fields }));
  }

  private taken(): string {
    const { frames } = this;
    this.frames = '';
    return frames;
  }
}
