import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { callHttp } from '../support/http-client.js';
import { within } from '../support/within.js';
import type { Chance } from './chance.js';
import { toolContent } from './tool-model.js';
import type { ToolObservations, ToolPost } from './tool-trace.js';
import { CHAOS_KEY } from './trial-key.js';

const TURNS_PER_SESSION = 6;
const ANSWER_WITHIN_MS = 4000;
const LOOK_AGAIN_MS = 300;
const LATE_MS = [1000, 5000] as const;
/** A call expires, a replica dies and another one takes over: then the turn is over. */
const LOOKS = 30;

const openCalls = z.object({
  open_calls: z.array(z.object({ call_id: z.string(), state: z.string(), expires_at: z.string() })),
});

type OpenCall = z.infer<typeof openCalls>['open_calls'][number];

export interface ToolClientOptions {
  readonly index: number;
  readonly origin: string;
  readonly chance: Chance;
  readonly observations: ToolObservations;
  readonly isCalm: () => boolean;
}

/** Asks for turns with tools, and settles their calls: in time, twice, late, in part, or never. */
export class ToolClient {
  private turns = 0;
  private posts = 0;
  /** Calls that it has made up its mind about. */
  private readonly seen = new Set<string>();

  constructor(private readonly options: ToolClientOptions) {}

  async converse(): Promise<void> {
    while (!this.options.isCalm()) {
      await this.turn();
      await delay(this.options.chance.between(0, 300));
    }
  }

  private async turn(): Promise<void> {
    const { chance, isCalm } = this.options;
    this.turns += 1;
    const session = `tools-${this.options.index}-${Math.ceil(this.turns / TURNS_PER_SESSION)}`;
    await this.say(session);
    const underway: Promise<unknown>[] = [];
    for (let looks = 0; looks < LOOKS && !isCalm(); looks += 1) {
      const calls = await this.openCalls(session);
      if (calls.length === 0 && chance.odds(0.3)) break;
      for (const call of calls) underway.push(...this.attendTo(session, call));
      if (calls.length > 0 && chance.odds(0.02)) await this.cancel(session);
      if (calls.length > 0 && chance.odds(0.02)) break;
      await delay(LOOK_AGAIN_MS);
    }
    await Promise.all(underway);
  }

  /** Sent again with its key where no answer came. */
  private async say(session: string): Promise<void> {
    const { chance, index } = this.options;
    const number = index * 100_000 + this.turns;
    const on_busy = chance.weighted({ queue: 4, interrupt: 4, reject: 2 });
    const body = { type: 'user_message', content: toolContent(session, number), on_busy };
    for (let tries = 0; tries < 4; tries += 1) {
      const status = await this.post(session, 'message', body, { key: `tool-turn-${number}` });
      if (status !== undefined && status < 500) return;
      await delay(LOOK_AGAIN_MS);
    }
  }

  private attendTo(session: string, call: OpenCall): readonly Promise<unknown>[] {
    const { chance, observations } = this.options;
    const { call_id: callId, state, expires_at } = call;
    observations.sightings.push({ session, callId, expiresAt: Date.parse(expires_at) });
    if (this.seen.has(callId + state)) return [];
    this.seen.add(callId + state);
    const way = chance.weighted({ once: 8, twice: 4, late: 3, never: 2 });
    if (way === 'never') return [];
    if (way === 'once') return [this.settle(session, call, 0)];
    if (way === 'late') return [this.settle(session, call, chance.between(...LATE_MS))];
    return [this.settle(session, call, 0), this.settle(session, call, chance.between(0, 40))];
  }

  private async settle(session: string, { call_id, state }: OpenCall, after: number): Promise<void> {
    await delay(after);
    const { chance } = this.options;
    if (state === 'awaiting_approval') {
      const decision = chance.oneOf(['approve', 'approve', 'reject']);
      await this.post(session, 'decision', { type: 'hitl_decision', call_id, decision }, { callId: call_id });
      return;
    }
    // Who sends another result for a settled call is refused.
    const result = `result ${chance.between(1, 2)} of ${call_id}`;
    for (let tries = 0; tries < 3; tries += 1) {
      const status = await this.post(
        session,
        'result',
        { type: 'tool_result', call_id, result },
        { callId: call_id, result },
      );
      if (status !== undefined && status < 500) return;
      await delay(LOOK_AGAIN_MS);
    }
  }

  private async cancel(session: string): Promise<void> {
    await this.send(
      { session, what: 'cancel', callId: undefined, result: undefined },
      `/agent/sessions/${session}/cancel`,
      {},
    );
  }

  private post(
    session: string,
    what: ToolPost['what'],
    body: Record<string, unknown>,
    { key, callId, result }: { readonly key?: string; readonly callId?: string; readonly result?: string },
  ): Promise<number | undefined> {
    const headers: Record<string, string> = key === undefined ? {} : { 'Idempotency-Key': key };
    return this.send({ session, what, callId, result }, '/agent/message', headers, { session_id: session, ...body });
  }

  private async send(
    said: Pick<ToolPost, 'session' | 'what' | 'callId' | 'result'>,
    path: string,
    headers: Record<string, string>,
    body: unknown = {},
  ): Promise<number | undefined> {
    const sentAt = Date.now();
    this.posts += 1;
    const call = {
      method: 'POST',
      path,
      headers: {
        ...headers,
        'X-Internal-Auth': CHAOS_KEY,
        'Content-Type': 'application/json',
        'X-Request-Id': `tools-${this.options.index}-${this.posts}`,
      },
      body: JSON.stringify(body),
    };
    const answer = await within(ANSWER_WITHIN_MS, callHttp(this.options.origin, call)).catch(() => undefined);
    const code = z.object({ code: z.string() }).safeParse(answer?.status === 200 ? {} : answer?.json).data?.code;
    this.options.observations.posts.push({ ...said, sentAt, status: answer?.status, code });
    return answer?.status;
  }

  private async openCalls(session: string): Promise<readonly OpenCall[]> {
    const call = { path: `/agent/sessions/${session}/calls`, headers: { 'X-Internal-Auth': CHAOS_KEY } };
    const answer = await within(ANSWER_WITHIN_MS, callHttp(this.options.origin, call)).catch(() => undefined);
    return answer?.status === 200 ? openCalls.parse(answer.json).open_calls : [];
  }
}
