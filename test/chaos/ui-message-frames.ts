import { z } from 'zod';
import { CountedAnswer } from './counted-answer.js';
import { EventBlocks } from './event-blocks.js';
import type { FrameDecoder } from './frame-decoder.js';
import type { WireFrame } from './history.js';
import { parsedJson } from './parsed-json.js';

const messageMetadata = z.object({ usage: z.looseObject({}).optional() });

const chunkSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), messageId: z.string().regex(/^msg_[0-9a-z]+$/) }),
  z.object({ type: z.enum(['start-step', 'finish-step']) }),
  z.object({ type: z.enum(['text-start', 'text-end']), id: z.string() }),
  z.object({ type: z.literal('text-delta'), id: z.string(), delta: z.string().min(1) }),
  z.object({ type: z.literal('finish'), finishReason: z.string(), messageMetadata }),
  z.object({ type: z.literal('abort'), reason: z.string() }),
  z.object({ type: z.literal('error'), errorText: z.string().min(1) }),
]);

type Chunk = z.infer<typeof chunkSchema>;

/** What may come, by what has come. */
const ORDER: Readonly<Record<string, ReadonlySet<string>>> = {
  '': new Set(['start']),
  start: new Set(['start-step', 'abort', 'error']),
  'start-step': new Set(['text-start', 'finish-step']),
  'text-start': new Set(['text-delta']),
  'text-delta': new Set(['text-delta', 'text-end']),
  'text-end': new Set(['finish-step', 'abort', 'error']),
  'finish-step': new Set(['finish']),
};

/** Makes frames of the AI SDK's UI message stream. */
export class UiMessageFrames implements FrameDecoder {
  private readonly blocks = new EventBlocks();
  private readonly answer = new CountedAnswer();
  private last = '';
  private block = '';

  take(bytes: Uint8Array): readonly WireFrame[] {
    return this.blocks
      .take(bytes)
      .flatMap((block = '') => this.framesOf(block) ?? [{ type: 'unreadable', raw: block }]);
  }

  private framesOf(block: string): readonly WireFrame[] | undefined {
    if (block === 'data: [DONE]') return [{ type: 'done' }];
    const chunk = chunkSchema.safeParse(parsedJson(/^data: ([^\n]*)$/.exec(block)?.[1] ?? '')).data;
    if (chunk === undefined || ORDER[this.last]?.has(chunk.type) !== true) return undefined;
    this.last = chunk.type;
    return 'id' in chunk ? this.text(chunk) : this.frame(chunk);
  }

  private text(chunk: Extract<Chunk, { readonly id: string }>): readonly WireFrame[] | undefined {
    if (chunk.type === 'text-start') this.block = chunk.id;
    if (chunk.id !== this.block) return undefined;
    return chunk.type === 'text-delta' ? [this.answer.token(chunk.delta)] : [];
  }

  private frame(chunk: Exclude<Chunk, { readonly id: string }>): readonly WireFrame[] {
    switch (chunk.type) {
      case 'start':
        this.answer.run = chunk.messageId.slice('msg_'.length);
        return [];
      case 'finish':
        return [...this.answer.counted(chunk.messageMetadata.usage), this.answer.end(chunk.finishReason)];
      case 'abort':
        return [this.answer.end(chunk.reason)];
      case 'error':
        return this.answer.failure();
      default:
        return [];
    }
  }
}
