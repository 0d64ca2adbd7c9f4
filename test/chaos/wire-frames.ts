import { z } from 'zod';
import type { WireFrame } from './history.js';

const dataSchema = z.union([
  z.object({ token: z.string().min(1), is_final: z.literal(false), type: z.literal('assistant_message') }),
  z.object({ type: z.literal('error'), code: z.string(), is_final: z.literal(false) }),
  z.object({
    token: z.literal(''),
    is_final: z.literal(true),
    type: z.literal('assistant_message'),
    finish_reason: z.string().default('stop'),
  }),
]);

/** Makes frames of a stream's bytes, however they are cut. Comments and `retry:` are left out. */
export class WireFrames {
  private unread = '';
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  /** The frames that these bytes made whole. */
  take(bytes: Uint8Array): readonly WireFrame[] {
    const text = this.decoded(bytes);
    if (text === undefined) return [{ type: 'unreadable', raw: 'bytes that are no UTF-8' }];
    const blocks = (this.unread + text).split('\n\n');
    this.unread = blocks.pop() ?? '';
    return blocks.filter((block) => !/^(:|retry: \d+$)/.test(block)).map(frameOf);
  }

  private decoded(bytes: Uint8Array): string | undefined {
    try {
      return this.decoder.decode(bytes, { stream: true });
    } catch {
      return undefined;
    }
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
  if ('code' in parsed.data) return { type: 'error', run, sequence, code: parsed.data.code };
  if (parsed.data.is_final) return { type: 'end', run, sequence, finishReason: parsed.data.finish_reason };
  return { type: 'token', run, sequence, text: parsed.data.token };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
