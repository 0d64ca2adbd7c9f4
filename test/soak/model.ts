import { z } from 'zod';
import { completionStream } from '../support/completion-stream.js';
import {
  ScriptedUpstream,
  type UpstreamAnswer,
  type UpstreamRequest,
  type UpstreamStep,
} from '../support/upstream-server.js';
import { numberOf, type Plan, planOf } from './plan.js';

const requestSchema = z.object({ messages: z.array(z.object({ content: z.string() })) });

/** A model that answers every message as its plan says. */
export async function startModel(seed: number): Promise<ScriptedUpstream> {
  const upstream = new ScriptedUpstream();
  upstream.answer = (request) => {
    // It would remember every request of half an hour.
    upstream.requests.length = 0;
    return answerOf(planOf(seed, numberAsked(request)));
  };
  await upstream.start();
  return upstream;
}

function numberAsked({ body }: UpstreamRequest): number {
  const { messages } = requestSchema.parse(JSON.parse(body));
  return numberOf(messages.at(-1)?.content ?? '');
}

function answerOf(plan: Plan): UpstreamAnswer {
  return { headers: { 'Content-Type': 'text/event-stream' }, steps: stepsOf(plan) };
}

function* stepsOf({ tokens, pauseMilliseconds, fault }: Plan): Generator<UpstreamStep> {
  yield { type: 'write', bytes: completionStream.role };
  for (const token of tokens) {
    yield { type: 'write', bytes: completionStream.text(token) };
    yield { type: 'delay', milliseconds: pauseMilliseconds };
  }
  if (fault === 'error') yield { type: 'write', bytes: completionStream.error({ message: 'out of order' }) };
  if (fault === 'stall') yield { type: 'hang' };
  if (fault !== undefined) return;
  yield { type: 'write', bytes: completionStream.finish('stop') };
  yield { type: 'write', bytes: completionStream.usage(1, tokens.length) + completionStream.done };
}
