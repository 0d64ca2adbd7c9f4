import { expect } from 'chai';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { RunEventFrames } from '../../../../../src/adapters/inbound/http/native/run-event-frames.js';
import type { FinishReason } from '../../../../../src/domain/run.js';
import type { RunEnd } from '../../../../../src/domain/run-event.js';
import { chunks } from '../../../../support/builders.js';
import { SeededRandom } from '../../../../support/seeded-random.js';

const anEnd = (finishReason: FinishReason, sequence = 1): RunEnd => ({
  type: 'run-end',
  sequence,
  finishReason,
  usage: undefined,
});

describe('run event frames', () => {
  it('are the promised bytes', () => {
    const failure = {
      type: 'run-failure',
      sequence: 2,
      code: 'upstream_error',
      message: 'No "luck"',
      retryable: true,
    } as const;
    expect(new RunEventFrames().of('run', [...chunks(['Hi\n']), failure, anEnd('error', 3)]).join('')).to.equal(
      'id: run-1\ndata: {"token":"Hi\\n","is_final":false,"type":"assistant_message"}\n\n' +
        'id: run-2\ndata: {"type":"error","code":"upstream_error","error":"No \\"luck\\"","retryable":true,"is_final":false}\n\n' +
        'id: run-3\ndata: {"token":"","is_final":true,"type":"assistant_message","finish_reason":"error"}\n\n' +
        'data: [DONE]\n\n',
    );
  });

  for (const reason of ['length', 'content_filter', 'cancelled', 'interrupted', 'error'] as const) {
    it(`tell the ending ${reason} in a key of its own`, () => {
      expect(new RunEventFrames().of('run', [anEnd(reason)]).join('')).to.contain(`,"finish_reason":"${reason}"}`);
    });
  }

  it('tell a normal ending in the three keys that every client knows', () => {
    expect(new RunEventFrames().of('run', [anEnd('stop')])).to.deep.equal([
      'id: run-1\ndata: {"token":"","is_final":true,"type":"assistant_message"}\n\ndata: [DONE]\n\n',
    ]);
  });

  it('are made once per batch, not once per reader', () => {
    const frames = new RunEventFrames();
    const batch = chunks(['Hi']);
    expect(frames.of('run', batch)).to.equal(frames.of('run', batch));
  });

  it('of one size are the same as of another', () => {
    const frames = new RunEventFrames();
    const tokens = Array.from({ length: 5000 }, (_, index) => `token ${index} `);
    const whole = frames.of('run', chunks(tokens));
    const single = tokens.flatMap((token, index) => frames.of('run', chunks([token], index + 1)));
    expect(whole.join('')).to.equal(single.join(''));
  });

  it('come in pieces that a slow reader can hold, cut between events', () => {
    const pieces = new RunEventFrames().of('run', chunks(Array.from({ length: 5000 }, () => 'x'.repeat(50))));
    expect(pieces.length).to.be.greaterThan(3);
    for (const piece of pieces) {
      expect(piece.length).to.be.lessThan(70 * 1024);
      expect(piece.startsWith('id: ') && piece.endsWith('\n\n')).to.equal(true);
    }
  });

  it('give a parser back every token, whatever its characters, and a failure and its ending', () => {
    // Any code units: half of a surrogate pair would not reach a frame, and must come back all the same.
    const aToken = fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), minLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(aToken, { maxLength: 20 }), aToken, (tokens, message) => {
        const failure = { type: 'run-failure', code: 'run_failed', message, retryable: true } as const;
        const events = [
          ...chunks(tokens),
          { ...failure, sequence: tokens.length + 1 },
          anEnd('error', tokens.length + 2),
        ];
        const bytes = Buffer.from(new RunEventFrames().of('run', events).join(''));
        expect(readBack(bytes)).to.deep.equal([
          ...tokens.map((token, index) => [`run-${index + 1}`, token]),
          [`run-${tokens.length + 1}`, message],
          [`run-${tokens.length + 2}`, ''],
          [undefined, '[DONE]'],
        ]);
      }),
      { seed: new SeededRandom().seed, numRuns: 300 },
    );
  });

  it('of nothing are nothing', () => {
    expect(new RunEventFrames().of('run', [])).to.deep.equal([]);
  });
});

/** Each event's id and its words. */
function readBack(bytes: Uint8Array): unknown[] {
  const read: unknown[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => {
      const payload = data === '[DONE]' ? { token: data } : JSON.parse(data);
      read.push([id, payload.token ?? payload.error]);
    },
  });
  parser.feed(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  return read;
}
