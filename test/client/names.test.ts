import { expect } from 'chai';
import type { z } from 'zod';
import type {
  Agent,
  FinishReason,
  Frame,
  MessagePage,
  OpenCall,
  Run,
  Session,
  SessionMessage,
  Usage,
} from '../../client/src/agent-runtime.js';
import type { agentSchema } from '../../src/adapters/inbound/http/native/agents.routes.js';
import type { openCallSchema } from '../../src/adapters/inbound/http/native/call-view.js';
import { RunEventFrames } from '../../src/adapters/inbound/http/native/run-event-frames.js';
import type { runSchema, tokensSchema } from '../../src/adapters/inbound/http/native/run-view.js';
import type { historySchema, shownSessionSchema } from '../../src/adapters/inbound/http/native/session-view.js';
import { FINISH_REASONS } from '../../src/domain/run.js';
import type { RunEvent } from '../../src/domain/run-event.js';

/** One of each. A kind that the service gets has to be added here. */
const EVENTS = {
  'text-delta': { type: 'text-delta', sequence: 1, text: 'Hi' },
  'reasoning-delta': { type: 'reasoning-delta', sequence: 2, text: 'hm' },
  'call-arguments': { type: 'call-arguments', sequence: 3, callId: 'c1', toolName: 'read', text: '{' },
  'tool-call': {
    type: 'tool-call',
    sequence: 4,
    callId: 'c1',
    toolName: 'read',
    arguments: {},
    requiresApproval: false,
  },
  'tool-result': { type: 'tool-result', sequence: 5, callId: 'c1', toolName: 'read', status: 'ok', content: 'x' },
  'agent-switched': { type: 'agent-switched', sequence: 6, from: 'a', to: 'b', reason: 'why' },
  usage: { type: 'usage', sequence: 7, usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } },
  'run-failure': { type: 'run-failure', sequence: 8, code: 'run_failed', message: 'No', retryable: true },
  'run-end': { type: 'run-end', sequence: 9, finishReason: 'length', usage: undefined },
} as const satisfies { readonly [Type in RunEvent['type']]: Extract<RunEvent, { readonly type: Type }> };

type NamesOf<Type extends Frame['type']> = Exclude<keyof Extract<Frame, { readonly type: Type }>, 'id'>;

/** What the client's types call the fields of each kind of frame; the compiler wants all of them, and no other. */
const NAMES = {
  assistant_message: { type: 1, token: 1, is_final: 1, finish_reason: 1 },
  reasoning: { type: 1, token: 1, is_final: 1 },
  tool_call_arguments: { type: 1, call_id: 1, tool_name: 1, arguments: 1, is_final: 1 },
  tool_call: { type: 1, call_id: 1, tool_name: 1, arguments: 1, requires_approval: 1, is_final: 1 },
  tool_result: { type: 1, call_id: 1, tool_name: 1, status: 1, content: 1, is_final: 1 },
  agent_switched: { type: 1, content: 1, metadata: 1, is_final: 1 },
  usage: { type: 1, prompt_tokens: 1, completion_tokens: 1, total_tokens: 1, is_final: 1 },
  error: { type: 1, code: 1, error: 1, retryable: 1, is_final: 1 },
} as const satisfies { readonly [Type in Frame['type']]: Readonly<Record<NamesOf<Type>, 1>> };

type Same<Sent, Told> = [Exclude<keyof Sent, keyof Told>, Exclude<keyof Told, keyof Sent>] extends [never, never]
  ? true
  : never;

/** Compiles only where both sides have the same names: one that is renamed, added or taken away on one of them fails
 *  here. */
const SAME: {
  readonly session: Same<z.input<typeof shownSessionSchema>, Session>;
  readonly message: Same<z.input<typeof historySchema>['messages'][number], SessionMessage>;
  readonly messages: Same<z.input<typeof historySchema>, MessagePage>;
  readonly run: Same<z.input<typeof runSchema>, Run>;
  readonly usage: Same<z.input<typeof tokensSchema>, Usage>;
  readonly openCall: Same<z.input<typeof openCallSchema>, OpenCall>;
  readonly agent: Same<z.input<typeof agentSchema>, Agent>;
} = { session: true, message: true, messages: true, run: true, usage: true, openCall: true, agent: true };

/** The same for words. */
const WORDS: {
  readonly finishReasons: readonly FinishReason[];
  readonly others: readonly Exclude<FinishReason, (typeof FINISH_REASONS)[number]>[];
} = { finishReasons: FINISH_REASONS, others: [] };

describe('the names of the wire', () => {
  it('are the same in the service and in the types of its client', () => {
    const told = new Map<string, Set<string>>();
    for (const event of Object.values(EVENTS)) {
      for (const data of new RunEventFrames()
        .of('run', [event])
        .join('')
        .matchAll(/^data: (\{.*\})$/gm)) {
        const frame: Record<string, unknown> = JSON.parse(data[1] ?? '');
        const names = told.get(String(frame.type)) ?? new Set();
        for (const name of Object.keys(frame)) names.add(name);
        told.set(String(frame.type), names);
      }
    }
    const known = Object.entries(NAMES).map(([type, names]) => [type, Object.keys(names).toSorted()]);
    const sent = [...told].map(([type, names]) => [type, [...names].toSorted()]);
    expect(sent.toSorted()).to.deep.equal(known.toSorted());
  });

  it('are the same for what is kept of sessions and runs', () => {
    expect(Object.values(SAME)).to.not.include(false);
    expect(WORDS.others).to.have.length(0);
  });
});
