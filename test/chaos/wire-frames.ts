import { z } from 'zod';
import { EventBlocks } from './event-blocks.js';
import type { FrameDecoder } from './frame-decoder.js';
import type { WireFrame } from './history.js';
import { parsedJson } from './parsed-json.js';

const dataSchema = z.union([
  z.object({ token: z.string().min(1), is_final: z.literal(false), type: z.literal('assistant_message') }),
  z.object({ type: z.literal('usage'), total_tokens: z.number(), is_final: z.literal(false) }),
  z.object({ type: z.literal('error'), code: z.string(), is_final: z.literal(false) }),
  z.object({
    token: z.literal(''),
    is_final: z.literal(true),
    type: z.literal('assistant_message'),
    finish_reason: z.string().default('stop'),
  }),
]);

/** Makes frames of the native wire. `retry:` is left out. */
export class WireFrames implements FrameDecoder {
  private readonly blocks = new EventBlocks();

  take(bytes: Uint8Array): readonly WireFrame[] {
    return this.blocks.take(bytes).flatMap((block) => {
      if (block === undefined) return [{ type: 'unreadable' as const, raw: 'bytes that are no UTF-8' }];
      return /^retry: \d+$/.test(block) ? [] : [frameOf(block)];
    });
  }
}

function frameOf(block: string): WireFrame {
  if (block === 'data: [DONE]') return { type: 'done' };
  const [, run, number, data] = /^id: ([0-9a-z]+)-([1-9]\d*)\ndata: ([^\n]*)$/.exec(block) ?? [];
  if (run === undefined || number === undefined || data === undefined) return { type: 'unreadable', raw: block };
  return numbered(run, Number(number), data) ?? { type: 'unreadable', raw: block };
}

function numbered(run: string, sequence: number, data: string): WireFrame | undefined {
  const parsed = dataSchema.safeParse(parsedJson(data));
  if (!parsed.success) return undefined;
  if (parsed.data.type === 'usage') return { type: 'usage', run, sequence };
  if ('code' in parsed.data) return { type: 'error', run, sequence, code: parsed.data.code };
  if (parsed.data.is_final) return { type: 'end', run, sequence, finishReason: parsed.data.finish_reason };
  return { type: 'token', run, sequence, text: parsed.data.token };
}
