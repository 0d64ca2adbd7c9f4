import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_REPLY_BYTES, ReplyDraft } from '../../src/application/reply-draft.js';
import { CallNames } from '../../src/domain/call-names.js';
import { MAX_CHUNK_BYTES } from '../../src/domain/token-chunk.js';

const text = (part: string) => ({ type: 'text', text: part }) as const;

function written(draft: ReplyDraft, ...parts: string[]): string[] {
  return parts.flatMap((part) => {
    const chunks = draft.read([text(part)]);
    draft.keep(chunks);
    return chunks.map((chunk) => chunk.text);
  });
}

describe('a reply while it is written', () => {
  it('numbers its chunks from 1 on, also over batches', () => {
    const draft = new ReplyDraft();
    const first = draft.read([text('a'), text('b')]);
    draft.keep(first);
    const second = draft.read([text('c')]);
    expect([...first, ...second].map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3]);
  });

  it('writes reasoning only where somebody asked for it, never as a part of the text', () => {
    const parts = [
      { type: 'reasoning', text: 'hm \ud83d' },
      { type: 'text', text: 'a\ud83d' },
      { type: 'reasoning', text: '' },
      { type: 'reasoning', text: '\ude00' },
      { type: 'text', text: '\ude00b' },
      { type: 'reasoning', text: '\ud83d' },
    ] as const;
    const draft = new ReplyDraft(true);
    const chunks = draft.read(parts);
    draft.keep(chunks);
    const rest = draft.rest();
    expect([...chunks, ...rest].map(({ type, sequence, text }) => [type, sequence, text])).to.deep.equal([
      ['reasoning-delta', 1, 'hm '],
      ['text-delta', 2, 'a'],
      ['reasoning-delta', 3, '\u{1f600}'],
      ['text-delta', 4, '\u{1f600}b'],
      ['reasoning-delta', 5, '\ufffd'],
    ]);
    expect(draft.text).to.equal('a\u{1f600}b');
    const silent = new ReplyDraft();
    expect(silent.read(parts).map(({ type, sequence }) => [type, sequence])).to.deep.equal([
      ['text-delta', 1],
      ['text-delta', 2],
    ]);
    expect(silent.rest()).to.deep.equal([]);
  });

  it('writes the arguments of each call as they come, whole characters under one name, only where somebody asked for it', () => {
    const piece = (index: number, callId: string | undefined, text: string) =>
      ({ type: 'call-arguments', index, callId, toolName: `tool${index}`, text }) as const;
    const parts = [
      piece(0, undefined, ''),
      piece(0, 'a', '{"\ud83d'),
      piece(1, 'a', '{'),
      piece(0, 'a', '\ude00'),
      piece(1, 'a', '\ud83d'),
    ];
    const draft = new ReplyDraft();
    const names = new CallNames([], () => 'own');
    draft.toldCalls = { nameOf: (call) => names.of(call), toolNameOf: (name) => `files/${name}` };
    const chunks = draft.read(parts);
    draft.keep(chunks);
    expect([...chunks, ...draft.rest()]).to.deep.equal([
      { type: 'call-arguments', sequence: 1, callId: 'a', toolName: 'files/tool0', text: '{"' },
      { type: 'call-arguments', sequence: 2, callId: 'call_own', toolName: 'files/tool1', text: '{' },
      { type: 'call-arguments', sequence: 3, callId: 'a', toolName: 'files/tool0', text: '\u{1f600}' },
      { type: 'call-arguments', sequence: 4, callId: 'call_own', toolName: 'files/tool1', text: '\ufffd' },
    ]);
    expect(draft.text).to.equal('');
    expect(new ReplyDraft().read(parts)).to.deep.equal([]);
  });

  it('holds back half a character until its other half has come', () => {
    expect(written(new ReplyDraft(), 'a\ud83d', '\ude00b')).to.deep.equal(['a', '\u{1f600}b']);
  });

  it('writes half a character that is never completed as one replacement character', () => {
    const draft = new ReplyDraft();
    expect(written(draft, 'a\ud83d')).to.deep.equal(['a']);
    expect(draft.rest().map((chunk) => chunk.text)).to.deep.equal(['\ufffd']);
    expect(draft.rest()).to.deep.equal([]);
    expect(written(new ReplyDraft(), '\ud83d', 'b', '\ude00')).to.deep.equal(['\ufffdb', '\ufffd']);
  });

  it('replaces NUL, which not every store can keep', () => {
    expect(written(new ReplyDraft(), 'a\0b')).to.deep.equal(['a\ufffdb']);
  });

  it('makes no chunk of reasoning', () => {
    const draft = new ReplyDraft();
    const chunks = draft.read([{ type: 'reasoning', text: 'Hm' }, text('Hello'), { type: 'reasoning', text: '' }]);
    expect(chunks.map((chunk) => [chunk.sequence, chunk.text])).to.deep.equal([[1, 'Hello']]);
  });

  it('remembers usage and finish reason, which are no chunks', () => {
    const draft = new ReplyDraft();
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    expect(
      draft.read([
        { type: 'usage', usage },
        { type: 'end', finishReason: 'length' },
      ]),
    ).to.deep.equal([]);
    expect(draft).to.deep.include({ usage, finishReason: 'length' });
  });

  it('lets through what fits and no more', () => {
    const draft = new ReplyDraft();
    const chunks = draft.read([text('x'.repeat(MAX_REPLY_BYTES + 1))]);
    const fitting = draft.withinLimit(chunks);
    expect(fitting.length).to.be.lessThan(chunks.length);
    expect(fitting).to.deep.equal(chunks.slice(0, fitting.length));
    draft.keep(fitting);
    expect(draft.text.length).to.be.within(MAX_REPLY_BYTES - 2 * MAX_CHUNK_BYTES, MAX_REPLY_BYTES);
    expect(draft.withinLimit(chunks.slice(fitting.length, fitting.length + 1))).to.deep.equal([]);
  });

  it('says what was said, however it was cut (property)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(40)), (said, cuts) => {
        const places = [0, ...cuts.map((cut) => Math.min(cut, said.length)), said.length].sort((a, b) => a - b);
        const parts = places.slice(1).map((place, index) => said.slice(places[index], place));
        const draft = new ReplyDraft();
        written(draft, ...parts.filter((part) => part !== ''));
        draft.keep(draft.rest());
        expect(draft.text).to.equal(said.replaceAll('\0', '\ufffd'));
      }),
    );
  });
});
