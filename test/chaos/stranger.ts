import { setTimeout as delay } from 'node:timers/promises';
import { callHttp, type HttpCall } from '../support/http-client.js';
import { within } from '../support/within.js';
import type { Chance } from './chance.js';
import { CHAOS_KEY } from './delivery.js';
import type { SentMessage } from './history.js';
import type { Observations } from './observations.js';
import { STRANGER, USERS } from './people.js';
import { sessionNamed, userHeader } from './session-name.js';
import type { PeekKind } from './user-trace.js';

export interface StrangerOptions {
  readonly origin: string;
  readonly chance: Chance;
  readonly observations: Observations;
  readonly isCalm: () => boolean;
}

const PAUSE_MS = [100, 400] as const;
const ANSWER_WITHIN_MS = 4000;
/** Those that are told of now. */
const LATEST = 200;

/** Asks on behalf of users for sessions and runs that are not theirs. */
export class Stranger {
  constructor(private readonly options: StrangerOptions) {}

  async pry(): Promise<void> {
    const { chance, isCalm } = this.options;
    while (!isCalm()) {
      await delay(chance.between(...PAUSE_MS));
      await this.peek();
    }
  }

  private async peek(): Promise<void> {
    const { origin, chance, observations } = this.options;
    const [exchange, ...others] = observations.exchanges.slice(-LATEST).filter(({ run }) => run !== undefined);
    if (exchange === undefined) return;
    const { message: number, run = '' } = chance.oneOf([exchange, ...others]);
    const message = observations.sent.find((one) => one.number === number);
    if (message === undefined) return;
    const user = this.someoneElse(message);
    const what = chance.oneOf(['run', 'stream', 'resume', 'cancel', 'session', 'messages']);
    const at = Date.now();
    const headers = { 'X-Internal-Auth': CHAOS_KEY, 'Content-Type': 'application/json', ...userHeader(user) };
    const { headers: more, ...call } = requestFor(what, message, run);
    const asked = callHttp(origin, { ...call, headers: { ...headers, ...more } });
    const answer = await within(ANSWER_WITHIN_MS, asked).catch(() => undefined);
    observations.peeks.push({ user, message: number, what, at, status: answer?.status, text: answer?.text ?? '' });
  }

  private someoneElse({ session }: SentMessage): string {
    const owner = sessionNamed(session).user;
    const others = USERS.flatMap((user) => (user === undefined || user === owner ? [] : [user]));
    return this.options.chance.oneOf([STRANGER, ...others]);
  }
}

function requestFor(what: PeekKind, { session, content }: SentMessage, run: string): HttpCall {
  const { id } = sessionNamed(session);
  switch (what) {
    case 'run':
      return { path: `/agent/runs/${run}` };
    case 'stream':
      return { path: `/agent/runs/${run}/stream` };
    case 'cancel':
      return { method: 'POST', path: `/agent/runs/${run}/cancel` };
    case 'session':
      return { path: `/agent/sessions/${id}` };
    case 'messages':
      return { path: `/agent/sessions/${id}/messages` };
    case 'resume': {
      const body = JSON.stringify({ session_id: id, type: 'user_message', content });
      return { method: 'POST', path: '/agent/message/stream', headers: { 'Last-Event-ID': `${run}-1` }, body };
    }
  }
}
