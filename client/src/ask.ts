import type { Exchange } from './exchange.js';
import type { Call, Http } from './http.js';
import type { Patience } from './patience.js';
import { pause } from './pause.js';
import { Problem } from './problem.js';

export interface Question<Value> {
  /** Asked for again before every try. */
  readonly call: () => Call;
  /** What is made of an answer that is no refusal. */
  readonly take: (exchange: Exchange) => Value | Promise<Value>;
  readonly patience: Patience;
  readonly signal?: AbortSignal | undefined;
  /** `until-heard`: a network that is gone will be back. `few`: it is given up after some tries. `refused`: only what
   *  was refused is sent again, since the service may have done already what it was asked for. */
  readonly repeats: 'until-heard' | 'few' | 'refused';
  /** Called before each wait. */
  readonly onWait?: (() => void) | undefined;
}

/** Asks until there is an answer that stands. Throws Problem, or the signal's reason. */
export async function ask<Value>(http: Http, question: Question<Value>): Promise<Value> {
  for (;;) {
    try {
      return await askOnce(http, question);
    } catch (error) {
      question.signal?.throwIfAborted();
      await waitOrThrow(error instanceof Problem ? error : unreachable(error), question);
    }
  }
}

async function waitOrThrow(problem: Problem, question: Question<unknown>): Promise<void> {
  const wait = waitAfter(problem, question);
  if (wait === undefined) throw problem;
  question.onWait?.();
  await pause(wait, question.signal);
}

async function askOnce<Value>(http: Http, { call, take, signal }: Question<Value>): Promise<Value> {
  const exchange = await http.open(call(), signal);
  try {
    if (!exchange.response.ok) throw Problem.of(exchange.response, await exchange.text());
    return await take(exchange);
  } catch (error) {
    exchange.close();
    throw error;
  }
}

/** Undefined where it would be of no use. */
function waitAfter(problem: Problem, { patience, repeats }: Question<unknown>): number | undefined {
  if (problem.status === 0) {
    if (repeats === 'until-heard') return patience.afterCut();
    return repeats === 'few' ? patience.afterRefusal(undefined) : undefined;
  }
  return mayPass(problem, repeats) ? patience.afterRefusal(problem.retryAfter) : undefined;
}

/** What a gateway answers in its own words while the service is gone passes, too. Who reads a stream was promised
 *  it. */
function mayPass({ status, retryable, isOfService }: Problem, repeats: Question<unknown>['repeats']): boolean {
  if (status === 429 || status === 503 || status === 200) return true;
  return status >= 500 && retryable && (repeats === 'until-heard' || (repeats === 'few' && !isOfService));
}

function unreachable(cause: unknown): Problem {
  const detail = 'The service cannot be reached.';
  return new Problem({ code: 'unreachable', status: 0, detail, cause });
}
