import { expect } from 'chai';
import type { PromptMessage } from '../../src/domain/prompt-message.js';

/** Fails where a strict chat template or server would refuse the prompt: a user speaks first and in turn with the
 *  model, and each call has its one result directly behind whoever asked for it. */
export function expectStrict(prompt: readonly PromptMessage[]): void {
  const told = JSON.stringify(prompt, undefined, 1);
  const spoken = prompt[0]?.role === 'system' ? prompt.slice(1) : prompt;
  const callIds = spoken.flatMap(callIdsIn);
  expect(new Set(callIds).size, `one id for two calls: ${told}`).to.equal(callIds.length);
  expect(spoken.at(-1)?.role, told).to.be.oneOf(['user', 'tool']);
  for (const [place, message] of spoken.entries()) {
    const before = spoken[place - 1];
    expect(message.role, `behind ${before?.role ?? 'nothing'}, place ${place}: ${told}`).to.be.oneOf(
      rolesBehind(before),
    );
    expectResults(spoken, place, told);
  }
  const results = spoken.flatMap((message) => (message.role === 'tool' ? message.callId : []));
  expect(results, `a result of no call: ${told}`).to.deep.equal(callIds);
}

function rolesBehind(before: PromptMessage | undefined): readonly string[] {
  if (before === undefined) return ['user'];
  if (before.role === 'tool') return ['tool', 'assistant'];
  if (before.role === 'user') return ['assistant'];
  return callIdsIn(before).length > 0 ? ['tool'] : ['user'];
}

function expectResults(prompt: readonly PromptMessage[], place: number, told: string): void {
  const asked = callIdsIn(prompt[place]);
  const answered = prompt.slice(place + 1, place + 1 + asked.length);
  expect(
    answered.map((message) => message.role === 'tool' && message.callId),
    told,
  ).to.deep.equal(asked);
}

function callIdsIn(message: PromptMessage | undefined): readonly string[] {
  return message?.role === 'assistant' ? (message.toolCalls ?? []).map(({ callId }) => callId) : [];
}
