import { setTimeout as delay } from 'node:timers/promises';
import { callHttp, type HttpCall } from '../support/http-client.js';
import { within } from '../support/within.js';
import type { Chance } from './chance.js';
import type { SentMessage } from './history.js';
import type { Observations } from './observations.js';
import { STRANGER, USERS } from './people.js';
import { sessionNamed, userHeader } from './session-name.js';
import { CHAOS_KEY } from './trial-key.js';
import type { PeekKind } from './user-trace.js';

export interface StrangerOptions {
  readonly origin: string;
  readonly chance: Chance;
  readonly observations: Observations;
  readonly isCalm: () => boolean;
}

const KINDS = [
  'run',
  'stream',
  'resume',
  'cancel',
  'response',
  'response-cancel',
  'behind',
  'session',
  'messages',
  'chat',
  'chat-stop',
] as const;
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
    const what = chance.oneOf(KINDS);
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
  const posted = (path: string, body: object = {}) => ({ method: 'POST', path, body: JSON.stringify(body) });
  const said = { session_id: id, type: 'user_message', content };
  const calls: Readonly<Record<PeekKind, HttpCall>> = {
    run: { path: `/agent/runs/${run}` },
    stream: { path: `/agent/runs/${run}/stream` },
    resume: { ...posted('/agent/message/stream', said), headers: { 'Last-Event-ID': `${run}-1` } },
    cancel: posted(`/agent/runs/${run}/cancel`),
    response: { path: `/v1/responses/resp_${run}` },
    'response-cancel': posted(`/v1/responses/resp_${run}/cancel`),
    behind: posted('/v1/responses', { previous_response_id: `resp_${run}`, input: 'Go on' }),
    session: { path: `/agent/sessions/${id}` },
    messages: { path: `/agent/sessions/${id}/messages` },
    chat: { path: `/ai/chat/${id}/stream?message_id=msg_${run}` },
    'chat-stop': posted(`/ai/chat/${id}/stop`, { activeStreamId: `msg_${run}` }),
  };
  return calls[what];
}
