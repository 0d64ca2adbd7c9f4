import { expect } from 'chai';
import { Answer } from '../../../../../src/adapters/outbound/llm/openai-wire/answer.js';
import { LlmError } from '../../../../../src/domain/errors.js';

const WORDS: Readonly<Record<string, readonly string[]>> = {
  stop: [
    ...[
      'stop',
      'STOP',
      'Stop',
      'end_turn',
      'eos',
      'eos_token',
      'EOS_TOKEN',
      'stop_sequence',
      'STOP_SEQUENCE',
      'complete',
    ],
    ...['COMPLETE', 'completed', 'finished', 'done', 'FINISH_REASON_STOP', 'endTurn'],
  ],
  length: [
    ...['length', 'LENGTH', 'max_tokens', 'MAX_TOKENS', 'maxTokens', 'max-tokens', 'max_output_tokens', 'model_length'],
    ...[
      'model_context_window_exceeded',
      'FINISH_REASON_MAX_TOKENS',
      'max_completion_tokens',
      'token_limit',
      'time_limit',
    ],
    ...['context_length_exceeded', 'truncated', 'limit', 'incomplete'],
  ],
  content_filter: [
    ...['content_filter', 'CONTENT_FILTER', 'content-filter', 'content_filtered', 'SAFETY', 'safety', 'RECITATION'],
    ...['PROHIBITED_CONTENT', 'BLOCKLIST', 'SPII', 'IMAGE_SAFETY', 'LANGUAGE', 'refusal', 'sensitive', 'blocked'],
    ...['guardrail', 'guardrail_intervened', 'MODEL_ARMOR', 'moderation', 'content_policy_violation'],
  ],
  upstream_error: [
    ...[
      'error',
      'ERROR',
      'abort',
      'ABORT',
      'aborted',
      'network_error',
      'Network_Error',
      'insufficient_system_resource',
    ],
    ...[
      'cancelled',
      'canceled',
      'timeout',
      'TIMEOUT',
      'failed',
      'server_error',
      'MALFORMED_FUNCTION_CALL',
      'overloaded',
    ],
  ],
  unsupported_tool_call: [
    'tool_calls',
    'TOOL_CALLS',
    'tool_call',
    'tool_use',
    'function_call',
    'toolUse',
    'UNEXPECTED_TOOL_CALL',
  ],
  upstream_truncated: [
    ...[
      '',
      ' ',
      'null',
      'NULL',
      'none',
      'None',
      'undefined',
      'not_finished',
      'NOT_FINISHED',
      'unfinished',
      'in_progress',
    ],
    ...['continue', 'running', 'generating', 'streaming', 'pending', 'FINISH_REASON_UNSPECIFIED'],
  ],
};

describe('a finish word', () => {
  for (const [outcome, words] of Object.entries(WORDS)) {
    it(`comes to ${outcome}: ${words.join(', ')}`, () => {
      for (const word of words) expect(endingOf(said(word)), word).to.equal(outcome);
    });
  }

  it('in an object is its type', () => {
    expect(endingOf(said({ type: 'length', length: 5 }))).to.equal('length');
  });

  it('that nobody knows counts as stop, and is told along with that', () => {
    const answer = said('OTHER');
    expect(answer.end()).to.deep.equal([{ type: 'end', finishReason: 'stop', unknownReason: 'OTHER' }]);
  });

  it('of failure or a tool counts though the model had ended, and text that came with it is text', () => {
    for (const word of ['abort', 'tool_calls']) {
      const answer = new Answer();
      const chunks = [{ delta: { content: 'Hello' } }, { delta: {}, finish_reason: 'stop' }, { finish_reason: word }];
      answer.accept(chunks.map((choice) => ({ data: JSON.stringify({ choices: [choice] }) })));
      expect(endingOf(answer)).to.match(/upstream_error|unsupported_tool_call/);
    }
  });
});

describe('a finish word with every chunk', () => {
  const broken = new LlmError('upstream_truncated');
  const every = (word: string, ...texts: string[]) =>
    texts.map((content) => JSON.stringify({ choices: [{ delta: { content }, finish_reason: word }] }));
  const last = (word: string) => JSON.stringify({ choices: [{ delta: {}, finish_reason: word }] });

  function read(data: readonly string[]): { answer: Answer; text: string } {
    const answer = new Answer();
    const parts = answer.accept(data.map((one) => ({ data: one })));
    return { answer, text: parts.map((part) => (part.type === 'text' ? part.text : '')).join('') };
  }

  it('ends nothing: all text is text, and the end of the stream is the end', () => {
    for (const done of [[], ['[DONE]']]) {
      const { answer, text } = read([...every('stop', 'Hel', 'lo', ' you'), ...done]);
      expect(text).to.equal('Hello you');
      expect(endingOf(answer)).to.equal('stop');
    }
  });

  it('proves nothing when the stream breaks off, not even after its first chunk or its last', () => {
    for (const data of [
      every('stop', 'Hel'),
      every('stop', 'Hel', 'lo'),
      [...every('stop', 'Hel', 'lo'), last('stop')],
    ]) {
      const { answer } = read(data);
      expect(answer.hasEnded).to.equal(false);
      answer.fail(broken);
      expect(endingOf(answer)).to.equal('upstream_truncated');
    }
  });

  it('hides no error that is reported later', () => {
    const { answer } = read([...every('stop', 'Hel', 'lo'), '{"error":{"message":"no"}}', '[DONE]']);
    expect(endingOf(answer)).to.equal('upstream_error');
  });

  it('is not the one that is told when the last says otherwise', () => {
    expect(endingOf(read([...every('stop', 'Hel', 'lo'), last('length')]).answer)).to.equal('length');
    expect(endingOf(read([...every('length', 'Hel', 'lo'), ...every('stop', '!')]).answer)).to.equal('stop');
    expect(endingOf(read([...every('stop', 'Hel', 'lo'), last('tool_calls')]).answer)).to.equal(
      'unsupported_tool_call',
    );
  });

  it('that means not yet is none', () => {
    const { answer, text } = read([...every('in_progress', 'Hel', 'lo'), last('stop')]);
    expect([text, answer.hasEnded, endingOf(answer)]).to.deep.equal(['Hello', true, 'stop']);
  });

  it('proves the end where a chunk came without one before it, as a connection that breaks off then shows', () => {
    const { answer } = read([...every('', 'Hel'), ...every('stop', 'lo')]);
    answer.fail(broken);
    expect(endingOf(answer)).to.equal('stop');
  });
});

function said(word: unknown): Answer {
  const answer = new Answer();
  answer.accept([{ data: JSON.stringify({ choices: [{ delta: { content: 'Hello' }, finish_reason: word }] }) }]);
  return answer;
}

function endingOf(answer: Answer): string {
  try {
    return answer
      .end()
      .map((part) => (part.type === 'end' ? part.finishReason : ''))
      .join('');
  } catch (error) {
    return error instanceof LlmError ? error.code : String(error);
  }
}
