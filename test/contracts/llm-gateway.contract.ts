import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import type { CompletionFinishReason, CompletionPart, LlmGateway } from '../../src/application/ports/llm-gateway.js';
import type { LlmErrorCode } from '../../src/domain/errors.js';
import { LlmError } from '../../src/domain/errors.js';
import type { PromptMessage } from '../../src/domain/prompt-message.js';
import type { Usage } from '../../src/domain/run.js';
import { errorOf } from '../support/builders.js';
import { PING } from '../support/calling.js';
import { answerOf, aRequest } from '../support/pulled.js';
import { until } from '../support/until.js';

/** A call of a tool that the upstream makes, its arguments in pieces. */
export interface UpstreamCall {
  readonly id: string;
  readonly name: string;
  readonly pieces: readonly string[];
}

/** What the upstream is to do: these thoughts, these texts, these calls, then this. */
export interface UpstreamScript {
  readonly reasoning?: readonly string[];
  readonly texts: readonly string[];
  readonly calls?: readonly UpstreamCall[];
  readonly usage?: Usage;
  readonly then:
    | { readonly type: 'end'; readonly finishReason: CompletionFinishReason }
    | { readonly type: 'fail'; readonly code: LlmErrorCode }
    | { readonly type: 'stall' };
}

/** A gateway with an upstream that a test directs. */
export interface LlmGatewaySubject {
  readonly gateway: LlmGateway;
  readonly modelIds: readonly string[];
  play(script: UpstreamScript): void;
  /** Resolves when the upstream was asked, before it says anything. */
  asked(): Promise<unknown>;
  /** How often the upstream was asked. */
  readonly calls: number;
  /** Resolves when the last call no longer holds anything upstream. */
  released(): Promise<unknown>;
  close(): Promise<void>;
}

const PROMPT: readonly PromptMessage[] = [{ role: 'user', content: 'Hello there' }];
const STOP = { type: 'end', finishReason: 'stop' } as const;
const CALLS: readonly UpstreamCall[] = [
  { id: 'c1', name: 'ping', pieces: ['{"wh', 'o":"世', '界"}'] },
  { id: 'c2', name: 'ping', pieces: [] },
];
/** What CALLS come to. */
const CALLED: readonly CompletionPart[] = [
  { type: 'call', index: 0, callId: 'c1', toolName: 'ping', argumentsText: '{"who":"世界"}' },
  { type: 'call', index: 1, callId: 'c2', toolName: 'ping', argumentsText: '{}' },
];
const BEFORE_TEXT: readonly LlmErrorCode[] = [
  'upstream_unavailable',
  'upstream_timeout',
  'upstream_rate_limited',
  'upstream_unauthorized',
  'upstream_unknown_model',
  'upstream_quota_exceeded',
  'upstream_too_long',
  'upstream_content_refused',
  'upstream_rejected',
  'upstream_truncated',
  'upstream_empty',
  'upstream_error',
  'upstream_protocol',
  'unsupported_tool_call',
];
const AFTER_TEXT: readonly LlmErrorCode[] = [
  'upstream_content_refused',
  'upstream_rejected',
  'upstream_rate_limited',
  'upstream_truncated',
  'upstream_error',
  'upstream_protocol',
  'unsupported_tool_call',
];

/** Every promise of LlmGateway. */
export function describeLlmGateway(name: string, open: () => Promise<LlmGatewaySubject>): void {
  describe(`${name} as an LlmGateway`, () => {
    let subject: LlmGatewaySubject;
    let abort: AbortController;

    beforeEach(async () => {
      subject = await open();
      abort = new AbortController();
    });
    afterEach(() => subject.close());

    const complete = () => answerOf(subject.gateway, PROMPT, abort.signal);
    const listeners = () => getEventListeners(abort.signal, 'abort').length;

    it('yields the text in order and one end after it', async () => {
      subject.play({ texts: ['Hel', 'lo, ', '世界 ', '🙂'], then: STOP });
      const { batches } = await read(complete());
      const parts = batches.flat();
      expect(textOf(parts)).to.equal('Hello, 世界 🙂');
      expect(parts.filter(({ type }) => type === 'end')).to.deep.equal([STOP]);
      expect(parts.at(-1)).to.deep.equal(STOP);
    });

    it('yields no empty batch and no empty text', async () => {
      subject.play({ texts: ['a', 'b', 'c'], then: STOP });
      const { batches } = await read(complete());
      expect(batches.filter((batch) => batch.length === 0)).to.deep.equal([]);
      expect(batches.flat().filter((part) => part.type === 'text' && part.text === '')).to.deep.equal([]);
    });

    for (const finishReason of ['stop', 'length', 'content_filter'] as const) {
      it(`tells that the answer ended with ${finishReason}`, async () => {
        subject.play({ texts: ['Hello'], then: { type: 'end', finishReason } });
        const { batches } = await read(complete());
        expect(batches.flat().at(-1)).to.deep.equal({ type: 'end', finishReason });
      });
    }

    it('tells the usage where the upstream does', async () => {
      const usage = { inputTokens: 7, outputTokens: 5, totalTokens: 12 };
      subject.play({ texts: ['Hello'], usage, then: STOP });
      const { batches } = await read(complete());
      expect(batches.flat().filter(({ type }) => type === 'usage')).to.deep.equal([{ type: 'usage', usage }]);
    });

    it('hands over what the model thinks apart from its text', async () => {
      subject.play({ reasoning: ['Hm', ', so'], texts: ['Hello'], then: STOP });
      const { batches } = await read(complete());
      const thought = batches.flat().map((part) => (part.type === 'reasoning' ? part.text : ''));
      expect(thought.join('')).to.equal('Hm, so');
      expect(textOf(batches.flat())).to.equal('Hello');
    });

    const offering = () => answerOf(subject.gateway, PROMPT, abort.signal, { tools: [PING] });

    it('hands over the calls of an answer whole, in their order and directly before its end', async () => {
      subject.play({ texts: ['Hello'], calls: CALLS, then: STOP });
      const { batches } = await read(offering());
      expect(textOf(batches.flat())).to.equal('Hello');
      expect(batches.flat().slice(-3)).to.deep.equal([...CALLED, STOP]);
      expect(batches.at(-1)?.slice(-3)).to.deep.equal([...CALLED, STOP]);
    });

    it('takes calls without a word for an answer', async () => {
      subject.play({ texts: [], calls: CALLS, then: STOP });
      const { batches, error } = await read(offering());
      expect(error).to.equal(undefined);
      expect(batches.flat().filter(({ type }) => type === 'call' || type === 'end')).to.deep.equal([...CALLED, STOP]);
    });

    it('shows the arguments of a call while they are written', async () => {
      subject.play({ texts: [], calls: CALLS, then: STOP });
      const { batches } = await read(offering());
      const pieces = batches.flat().filter((part) => part.type === 'call-arguments' && part.index === 0);
      const told = pieces.map((part) => (part.type === 'call-arguments' ? part.text : '')).join('');
      expect(told).to.equal('{"who":"世界"}');
      for (const piece of pieces) expect(piece).to.include({ callId: 'c1', toolName: 'ping' });
    });

    it('hands over no call of an answer that breaks off, but shows that it was written', async () => {
      subject.play({ texts: [], calls: CALLS, then: { type: 'fail', code: 'upstream_truncated' } });
      const { batches, error } = await read(offering());
      expectLlmError(error, 'upstream_truncated');
      expect(batches.flat().map(({ type }) => type)).to.include('call-arguments');
      expect(batches.flat().map(({ type }) => type)).not.to.include('call');
    });

    it('hands over no call where no tool was offered', async () => {
      for (const tools of [undefined, []]) {
        subject.play({ texts: ['Hello'], calls: CALLS, then: STOP });
        const fields = tools === undefined ? {} : { tools };
        const { batches, error } = await read(answerOf(subject.gateway, PROMPT, abort.signal, fields));
        expectLlmError(error, 'unsupported_tool_call');
        expect(batches.flat()).to.deep.equal([{ type: 'text', text: 'Hello' }]);
      }
    });

    it('asks the upstream once, and hands over one batch at a time', async () => {
      subject.play({ texts: ['Hel', 'lo'], then: STOP });
      let taking = 0;
      let most = 0;
      await subject.gateway.complete(aRequest(PROMPT), abort.signal, async () => {
        taking += 1;
        most = Math.max(most, taking);
        await new Promise(setImmediate);
        taking -= 1;
      });
      expect({ calls: subject.calls, taking, most }).to.deep.equal({ calls: 1, taking: 0, most: 1 });
    });

    it('hands over the same to who is through with each batch at once', async () => {
      subject.play({ texts: ['Hel', 'lo'], then: STOP });
      const parts: CompletionPart[] = [];
      await subject.gateway.complete(aRequest(PROMPT), abort.signal, (batch) => {
        parts.push(...batch);
        return undefined;
      });
      expect(textOf(parts)).to.equal('Hello');
      expect(parts.at(-1)).to.deep.equal(STOP);
    });

    for (const code of BEFORE_TEXT) {
      it(`throws ${code} when the upstream fails so before any text`, async () => {
        subject.play({ texts: [], then: { type: 'fail', code } });
        const { batches, error } = await read(complete());
        expectLlmError(error, code);
        expect(batches).to.deep.equal([]);
        await until(() => listeners() === 0);
      });
    }

    for (const code of AFTER_TEXT) {
      it(`yields the text that came before it throws ${code}`, async () => {
        subject.play({ texts: ['Hel', 'lo'], then: { type: 'fail', code } });
        const { batches, error } = await read(complete());
        expectLlmError(error, code);
        expect(textOf(batches.flat())).to.equal('Hello');
        expect(batches.flat().some(({ type }) => type === 'end')).to.equal(false);
      });
    }

    it("throws the signal's reason when it aborts amid the answer, and lets the upstream go", async () => {
      const reason = new Error('enough');
      subject.play({ texts: ['Hello'], then: { type: 'stall' } });
      const { batches, error } = await read(complete(), () => abort.abort(reason));
      expect(error).to.equal(reason);
      expect(textOf(batches.flat())).to.equal('Hello');
      await subject.released();
      await until(() => listeners() === 0);
    });

    it("throws the signal's reason when it aborts while a batch is taken, and only when that is taken", async () => {
      const reason = new Error('enough');
      subject.play({ texts: ['Hello'], then: { type: 'stall' } });
      const first = Promise.withResolvers<void>();
      const taken = Promise.withResolvers<void>();
      let error: unknown;
      const settled = subject.gateway
        .complete(aRequest(PROMPT), abort.signal, () => {
          first.resolve();
          return taken.promise;
        })
        .catch((failure: unknown) => {
          error = failure;
        });
      await first.promise;
      abort.abort(reason);
      for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
      expect(error).to.equal(undefined);
      taken.resolve();
      await settled;
      expect(error).to.equal(reason);
      await subject.released();
    });

    it("throws the signal's reason when it aborts before the upstream has said anything", async () => {
      const reason = new Error('enough');
      subject.play({ texts: [], then: { type: 'stall' } });
      const asked = subject.asked();
      const reading = read(complete());
      await asked;
      abort.abort(reason);
      expect((await reading).error).to.equal(reason);
      await subject.released();
      await until(() => listeners() === 0);
    });

    it('throws a reason that is no error as it is', async () => {
      subject.play({ texts: ['Hello'], then: { type: 'stall' } });
      const { error } = await read(complete(), () => abort.abort('interrupted'));
      expect(error).to.equal('interrupted');
    });

    it('asks nothing of the upstream when the signal has already aborted', async () => {
      const reason = new Error('enough');
      subject.play({ texts: ['Hello'], then: STOP });
      abort.abort(reason);
      const { batches, error } = await read(complete());
      expect(error).to.equal(reason);
      expect(batches).to.deep.equal([]);
      expect(subject.calls).to.equal(0);
    });

    it('lets the upstream go when a batch cannot be taken, and fails with the same', async () => {
      const full = new Error('full');
      const fails = [() => Promise.reject(full), () => throwing(full)];
      for (const fail of fails) {
        subject.play({ texts: ['Hello'], then: { type: 'stall' } });
        expect(await errorOf(subject.gateway.complete(aRequest(PROMPT), abort.signal, fail))).to.equal(full);
        await subject.released();
        await until(() => listeners() === 0);
      }
    });

    it('leaves no listener on the signal after a whole answer', async () => {
      subject.play({ texts: ['Hello'], then: STOP });
      await read(complete());
      await until(() => listeners() === 0);
    });

    it('keeps answers of the same time apart', async () => {
      subject.play({ texts: ['Hel', 'lo'], then: STOP });
      const answers = await Promise.all([read(complete()), read(complete()), read(complete())]);
      expect(answers.map(({ batches }) => textOf(batches.flat()))).to.deep.equal(['Hello', 'Hello', 'Hello']);
    });

    it("lists the models in the upstream's order", async () => {
      const models = await subject.gateway.listModels(abort.signal);
      expect(models.map(({ id }) => id)).to.deep.equal(subject.modelIds);
    });

    it("throws the signal's reason when the listing of models is aborted", async () => {
      const reason = new Error('enough');
      abort.abort(reason);
      expect(await subject.gateway.listModels(abort.signal).catch((error: unknown) => error)).to.equal(reason);
    });
  });
}

async function read(
  answer: AsyncIterable<readonly CompletionPart[]>,
  onBatch?: () => void,
): Promise<{ batches: (readonly CompletionPart[])[]; error: unknown }> {
  const batches: (readonly CompletionPart[])[] = [];
  try {
    for await (const batch of answer) {
      batches.push(batch);
      onBatch?.();
    }
  } catch (error) {
    return { batches, error };
  }
  return { batches, error: undefined };
}

function throwing(error: Error): never {
  throw error;
}

function textOf(parts: readonly CompletionPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function expectLlmError(error: unknown, code: LlmErrorCode): void {
  expect(error).to.be.instanceOf(LlmError);
  expect(error).to.have.property('code', code);
}
