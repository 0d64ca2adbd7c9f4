import { z } from 'zod';
import { CountedAnswer } from './counted-answer.js';
import { EventBlocks } from './event-blocks.js';
import type { FrameDecoder } from './frame-decoder.js';
import type { WireFrame } from './history.js';
import { parsedJson } from './parsed-json.js';

const id = z.string().regex(/^chatcmpl-[0-9a-z]+$/);
const chunkOf = <Choice extends z.ZodType>(choice: Choice) => z.object({ id, choices: z.tuple([choice]) });
const opening = chunkOf(
  z.object({
    delta: z.strictObject({ role: z.literal('assistant'), content: z.literal('') }),
    finish_reason: z.null(),
  }),
);
const piece = chunkOf(z.object({ delta: z.strictObject({ content: z.string().min(1) }), finish_reason: z.null() }));
const ending = chunkOf(z.object({ delta: z.strictObject({}), finish_reason: z.string() }));
const counted = z.object({ id, choices: z.tuple([]), usage: z.object({ total_tokens: z.number() }).nullable() });
const failure = z.strictObject({ error: z.object({ code: z.string() }) });

type Choice = z.infer<typeof piece | typeof ending>['choices'][0];

const STOPPED: ReadonlySet<string> = new Set(['cancelled', 'interrupted']);

/** Makes frames of a streamed chat completion that tells its usage. One that ends badly has an error and no
 *  `[DONE]`. */
export class CompletionFrames implements FrameDecoder {
  private readonly blocks = new EventBlocks();
  private readonly answer = new CountedAnswer();
  private isOpen = false;
  /** It is told before what was counted, and natively behind it. */
  private finishReason: string | undefined;

  take(bytes: Uint8Array): readonly WireFrame[] {
    return this.blocks.take(bytes).flatMap((block = '') => this.framesOf(block) ?? [unreadable(block)]);
  }

  private framesOf(block: string): readonly WireFrame[] | undefined {
    if (block === 'data: [DONE]') return [{ type: 'done' }];
    const data = parsedJson(/^data: ([^\n]*)$/.exec(block)?.[1] ?? '');
    if (!this.isOpen) return this.opened(opening.safeParse(data).data);
    const failed = failure.safeParse(data).data;
    if (failed !== undefined) return [...this.failed(failed.error.code), { type: 'done' }];
    const usage = counted.safeParse(data).data;
    if (usage !== undefined) return this.isOfThis(usage.id) ? this.ended(usage.usage) : undefined;
    const told = piece.safeParse(data).data ?? ending.safeParse(data).data;
    return told === undefined || !this.isOfThis(told.id) ? undefined : this.told(told.choices[0]);
  }

  private told({ delta, finish_reason: reason }: Choice): readonly WireFrame[] | undefined {
    if (this.finishReason !== undefined) return undefined;
    if ('content' in delta) return [this.answer.token(delta.content)];
    this.finishReason = reason ?? '';
    return [];
  }

  private ended(usage: unknown): readonly WireFrame[] | undefined {
    const { finishReason } = this;
    return finishReason === undefined ? undefined : [...this.answer.counted(usage), this.answer.end(finishReason)];
  }

  private isOfThis(told: string): boolean {
    return told === `chatcmpl-${this.answer.run}`;
  }

  private opened(chunk: z.infer<typeof opening> | undefined): readonly WireFrame[] | undefined {
    if (chunk === undefined) return undefined;
    this.isOpen = true;
    this.answer.run = chunk.id.slice('chatcmpl-'.length);
    return [];
  }

  private failed(code: string): readonly WireFrame[] {
    return STOPPED.has(code) ? [this.answer.end(code)] : this.answer.failure(code);
  }
}

function unreadable(raw: string): WireFrame {
  return { type: 'unreadable', raw };
}
