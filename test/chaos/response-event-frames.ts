import { z } from 'zod';
import { CountedAnswer } from './counted-answer.js';
import { EventBlocks } from './event-blocks.js';
import { numberedFrames } from './facts.js';
import type { FrameDecoder } from './frame-decoder.js';
import type { WireFrame } from './history.js';
import { parsedJson } from './parsed-json.js';

const responseSchema = z.object({
  id: z.string(),
  status: z.string(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  usage: z.looseObject({}).nullable(),
  output: z.array(z.object({ content: z.tuple([z.object({ text: z.string() })]) })),
});
const eventSchema = z.object({
  type: z.string(),
  sequence_number: z.int(),
  response: responseSchema.optional(),
  delta: z.string().min(1).optional(),
  text: z.string().optional(),
});

type Event = z.infer<typeof eventSchema>;
type Told = z.infer<typeof responseSchema>;

/** Where a reader of a response is: behind the event of this number, which was so many tokens from its start. */
export interface ResponsePlace {
  readonly run: string;
  readonly number: number;
  readonly sequence: number;
}

export const RESPONSE_START: ResponsePlace = { run: '', number: -1, sequence: 0 };

/** Makes frames of the events of a response, whose own numbers must go on by ones. */
export class ResponseEventFrames implements FrameDecoder {
  /** Which number the event had that made a frame. */
  readonly numbers = new Map<number, number>();
  private readonly blocks = new EventBlocks();
  private readonly answer: CountedAnswer;
  private number: number;

  constructor(private readonly from: ResponsePlace) {
    this.answer = new CountedAnswer(from.sequence);
    this.answer.run = from.run;
    this.number = from.number;
  }

  take(bytes: Uint8Array): readonly WireFrame[] {
    return this.blocks
      .take(bytes)
      .flatMap((block = '') => this.framesOf(block) ?? [{ type: 'unreadable', raw: block }]);
  }

  private framesOf(block: string): readonly WireFrame[] | undefined {
    const [, type, data = ''] = /^event: (\S+)\ndata: ([^\n]*)$/.exec(block) ?? [];
    const event = eventSchema.safeParse(parsedJson(data)).data;
    if (event === undefined || event.type !== type || event.sequence_number !== this.number + 1) return undefined;
    this.number += 1;
    if (!this.isOfThis(event)) return undefined;
    const frames = this.told(event);
    // Several frames of one event are behind it when the last of them is seen.
    const last = numberedFrames(frames ?? []).at(-1);
    if (last !== undefined) this.numbers.set(last.sequence, this.number);
    return frames;
  }

  private isOfThis({ response }: Event): boolean {
    if (response === undefined) return true;
    if (this.answer.run === '') this.answer.run = response.id.slice('resp_'.length);
    return response.id === `resp_${this.answer.run}`;
  }

  private told({ type, delta, text, response }: Event): readonly WireFrame[] | undefined {
    if (type === 'response.output_text.delta') return delta === undefined ? undefined : [this.answer.token(delta)];
    if (type === 'response.output_text.done') return this.isWhole(text) ? [] : undefined;
    if (response === undefined || response.status === 'in_progress') return [];
    const written = response.output.map(({ content: [part] }) => part.text).join('');
    return this.isWhole(written) ? [...this.ended(type, response), { type: 'done' }] : undefined;
  }

  /** The text as a whole is told again at the end. Who did not begin at the start cannot tell. */
  private isWhole(text: string | undefined): boolean {
    return this.from.sequence > 0 || text === this.answer.text;
  }

  private ended(type: string, { incomplete_details: details, usage }: Told): readonly WireFrame[] {
    const before = this.answer.counted(usage);
    if (type === 'response.failed') return [...before, ...this.answer.failure()];
    return [...before, this.answer.end(type === 'response.completed' ? 'stop' : (details?.reason ?? ''))];
  }
}
