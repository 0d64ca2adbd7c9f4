import { expect } from 'chai';
import { UiMessageFrames as UiMessageRenderer } from '../../src/adapters/inbound/http/ai-sdk/ui-message-frames.js';
import type { FrameRenderer } from '../../src/adapters/inbound/http/door/frame-renderer.js';
import { RunEventFrames } from '../../src/adapters/inbound/http/native/run-event-frames.js';
import { ChatFrames } from '../../src/adapters/inbound/http/openai/chat-frames.js';
import { ResponseFrames } from '../../src/adapters/inbound/http/openai-responses/response-frames.js';
import type { ResponseView } from '../../src/adapters/inbound/http/openai-responses/response-view.js';
import type { FinishReason } from '../../src/domain/run.js';
import type { RunEvent } from '../../src/domain/run-event.js';
import { aRun, NEW_YEAR } from '../support/builders.js';
import { CompletionFrames } from './completion-frames.js';
import type { FrameDecoder } from './frame-decoder.js';
import type { WireFrame } from './history.js';
import { RESPONSE_START, ResponseEventFrames } from './response-event-frames.js';
import { UiMessageFrames } from './ui-message-frames.js';
import { WireFrames } from './wire-frames.js';

const WORDS = ['plain ', 'né ', '中文 \u{1f600} ', '"\\\n\u2028 '];
const USAGE = { inputTokens: 1, outputTokens: 4, totalTokens: 5 };
const run = aRun({ id: 'run1' });
const view: ResponseView = ({ status, output, usage = null, incompleteReason: reason }) => {
  return { id: 'resp_run1', status, output, usage, incomplete_details: reason === undefined ? null : { reason } };
};

interface TestedDoor {
  readonly renderer: () => FrameRenderer;
  readonly decoder: () => FrameDecoder;
  /** Whether it tells why a run failed. */
  readonly tellsCode: boolean;
}

const DOORS: Readonly<Record<string, TestedDoor>> = {
  'Chat Completions': {
    renderer: () => new ChatFrames(run, { model: 'm', includesUsage: true }),
    decoder: () => new CompletionFrames(),
    tellsCode: true,
  },
  Responses: {
    renderer: () => new ResponseFrames('run1', view),
    decoder: () => new ResponseEventFrames(RESPONSE_START),
    tellsCode: false,
  },
  'the AI SDK': {
    renderer: () => new UiMessageRenderer('msg_run1', [{ run, results: [] }]),
    decoder: () => new UiMessageFrames(),
    tellsCode: false,
  },
};

describe('a decoder of the kill rig', () => {
  for (const [door, { renderer, decoder, tellsCode }] of Object.entries(DOORS)) {
    for (const reason of ['stop', 'cancelled', 'interrupted', 'error'] as const) {
      for (const words of [[], WORDS]) {
        it(`reads of ${door}, byte by byte, what is told natively of ${words.length} tokens and the ending ${reason}`, () => {
          const events = eventsOf(words, reason);
          const native = decoded(new WireFrames(), nativeBytes(events));
          const expected = native.map((frame) =>
            frame.type === 'error' && !tellsCode ? { ...frame, code: undefined } : frame,
          );
          expect(decoded(decoder(), bytesOf(renderer(), events))).to.deep.equal(expected);
        });
      }
    }

    it(`does not read ${door} where an event is missing, comes twice, or comes before its time`, () => {
      const bytes = bytesOf(renderer(), eventsOf(WORDS, 'stop'));
      const [, ...blocks] = bytes.toString().split('\n\n').slice(0, -1);
      const wrong = [blocks.slice(1), blocks.toSpliced(1, 0, blocks[0] ?? ''), [blocks[2] ?? '', ...blocks]];
      for (const those of wrong) {
        const frames = decoded(decoder(), Buffer.from(`${those.join('\n\n')}\n\n`));
        expect(frames.map(({ type }) => type)).to.include('unreadable');
      }
    });
  }

  it('goes on behind any event of a response', () => {
    const events = eventsOf(WORDS, 'stop');
    const first = new ResponseEventFrames(RESPONSE_START);
    const all = decoded(first, bytesOf(new ResponseFrames('run1', view), events));
    for (const [sequence, number] of first.numbers) {
      const rest = bytesOf(new ResponseFrames('run1', view, number), events);
      const frames = decoded(new ResponseEventFrames({ run: 'run1', number, sequence }), rest);
      const isLast = sequence === [...first.numbers.keys()].at(-1);
      expect(frames).to.deep.equal(isLast ? [] : all.slice(sequence));
    }
  });
});

function eventsOf(words: readonly string[], finishReason: FinishReason): readonly RunEvent[] {
  const texts = words.map((text, place): RunEvent => ({ type: 'text-delta', sequence: place + 1, text }));
  const usage: readonly RunEvent[] =
    finishReason === 'stop' ? [{ type: 'usage', sequence: texts.length + 1, usage: USAGE }] : [];
  const before = [...texts, ...usage];
  const failure: readonly RunEvent[] =
    finishReason === 'error'
      ? [
          {
            type: 'run-failure',
            sequence: before.length + 1,
            code: 'upstream_timeout',
            message: 'Slow',
            retryable: true,
          },
        ]
      : [];
  const told = [...before, ...failure];
  const counted = finishReason === 'stop' ? USAGE : undefined;
  return [...told, { type: 'run-end', sequence: told.length + 1, finishReason, usage: counted, at: NEW_YEAR }];
}

function nativeBytes(events: readonly RunEvent[]): Buffer {
  return Buffer.from(new RunEventFrames().of('run1', events).join(''));
}

function bytesOf(renderer: FrameRenderer, events: readonly RunEvent[]): Buffer {
  return Buffer.from(`: ok\n\n${renderer.opening ?? ''}${events.map((event) => renderer.frame(event)).join('')}`);
}

function decoded(decoder: FrameDecoder, bytes: Buffer): readonly WireFrame[] {
  return Array.from(bytes, (byte) => decoder.take(Buffer.of(byte))).flat();
}
