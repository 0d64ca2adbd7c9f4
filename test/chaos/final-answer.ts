import { setTimeout as delay } from 'node:timers/promises';
import { callHttp, type HttpAnswer } from '../support/http-client.js';
import { within } from '../support/within.js';
import { userHeader } from './session-name.js';
import { CHAOS_KEY } from './trial-key.js';

const TRIES = 40;
const LOOK_AGAIN_MS = 250;
const ANSWER_WITHIN_MS = 5000;

/** What the service says when it is quiet again: 200 or 404, however long it takes. */
export async function finalAnswer(origin: string, path: string, user?: string): Promise<HttpAnswer> {
  for (let tries = 1; ; tries += 1) {
    const call = callHttp(origin, { path, headers: { 'X-Internal-Auth': CHAOS_KEY, ...userHeader(user) } });
    const answer = await within(ANSWER_WITHIN_MS, call).catch(() => undefined);
    if (answer !== undefined && (answer.status === 200 || answer.status === 404)) return answer;
    if (tries === TRIES) throw new Error(`GET ${path} gave ${answer?.status ?? 'nothing'}, ${TRIES} times.`);
    await delay(LOOK_AGAIN_MS);
  }
}
