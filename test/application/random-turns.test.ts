import { setImmediate as nextRound } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import type { CompletionPart } from '../../src/application/ports/llm-gateway.js';
import { DomainError, LlmError } from '../../src/domain/errors.js';
import type { OnBusy } from '../../src/domain/run.js';
import type { Settlement } from '../../src/domain/settling.js';
import { type Application, anApplication } from '../support/application.js';
import { ANYBODY } from '../support/builders.js';
import { type GatedCall, GatedGateway } from '../support/gated-gateway.js';
import { messagesIn } from '../support/messages-in.js';
import { SeededRandom } from '../support/seeded-random.js';
import { expectStrict } from '../support/strict-prompt.js';

const SESSION = 'session1';
const TOOLS = (['read', 'write'] as const).map((name) => ({
  name,
  description: undefined,
  parameters: { type: 'object' },
  approval: name === 'write' ? ('always' as const) : ('never' as const),
}));
const LEASE_AND_MORE = 16_000;
const CALL_TIME_AND_MORE = 700_000;
/** For all that a process does at once. */
const ROUNDS = 12;
/** More than turns can be in the queue, with the steps that each may have. */
const CALM_DOWN = 60;

interface AskedTool {
  readonly id: string | undefined;
  readonly tool: string;
  readonly written: string;
}

type Step =
  | {
      readonly act: 'say';
      readonly onBusy: OnBusy;
      readonly key: string | undefined;
      readonly replaces: number | undefined;
      readonly content: string;
    }
  | { readonly act: 'answer'; readonly text: string; readonly calls: readonly AskedTool[]; readonly how: Ending }
  | { readonly act: 'settle'; readonly call: number; readonly how: Way; readonly times: number; readonly both: boolean }
  | { readonly act: 'wait'; readonly milliseconds: number }
  | { readonly act: 'cancel the run' | 'cancel the session' };

type Ending = 'stop' | 'fail' | 'refuse' | 'not at all';
type Way = 'ok' | 'other' | 'error' | 'approve' | 'edit' | 'reject';

const asked: fc.Arbitrary<AskedTool> = fc.record({
  id: fc.constantFrom(undefined, 'c1', 'c2', 'c3'),
  tool: fc.constantFrom('read', 'read', 'read', 'write', 'nobody_has'),
  written: fc.constantFrom('{}', '{"path":"a"}', '{"path":"b"}', 'no JSON'),
});

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: saying() },
    { weight: 7, arbitrary: answering() },
    { weight: 7, arbitrary: settling() },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant('wait' as const),
        milliseconds: fc.constantFrom(LEASE_AND_MORE, LEASE_AND_MORE, CALL_TIME_AND_MORE),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ act: fc.constantFrom('cancel the run' as const, 'cancel the session' as const) }),
    },
  ),
  { minLength: 15, maxLength: 40, size: 'max' },
);

function saying() {
  return fc.record({
    act: fc.constant('say' as const),
    onBusy: fc.constantFrom<OnBusy>('reject', 'queue', 'interrupt'),
    key: fc.constantFrom(undefined, undefined, 'key1', 'key2'),
    replaces: fc.option(fc.nat(9), { freq: 4, nil: undefined }),
    content: fc.constantFrom('a', 'b'),
  });
}

function answering() {
  return fc.record({
    act: fc.constant('answer' as const),
    text: fc.constantFrom('', ' ', 'Look'),
    calls: fc.oneof(fc.constant([]), fc.array(asked, { minLength: 1, maxLength: 3 })),
    how: fc.constantFrom<Ending>('stop', 'stop', 'stop', 'stop', 'fail', 'refuse', 'not at all'),
  });
}

function settling() {
  return fc.record({
    act: fc.constant('settle' as const),
    call: fc.constantFrom(0, 0, 0, 1, 1, 2, 4),
    how: fc.constantFrom<Way>('ok', 'ok', 'other', 'error', 'approve', 'edit', 'reject'),
    times: fc.integer({ min: 1, max: 3 }),
    both: fc.boolean(),
  });
}

/** A service whose model, clients and clock do what the steps say. */
class Turns {
  private readonly answered = new Set<GatedCall>();
  private readonly runs: string[] = [];
  private readonly callIds: string[] = [];
  private number = 0;

  private constructor(
    private readonly application: Application,
    private readonly gateway: GatedGateway,
  ) {}

  static async begin(): Promise<Turns> {
    const gateway = new GatedGateway();
    return new Turns(await anApplication({ gateway, tools: TOOLS, maxSteps: 4, defaults: { queueLimit: 3 } }), gateway);
  }

  async take(step: Step): Promise<void> {
    await this.act(step);
    await quiet();
    await this.noteOpenCalls();
  }

  /** The model answers whatever it is asked, and the time of every call passes. */
  async calmDown(): Promise<void> {
    for (let round = 0; round < CALM_DOWN; round += 1) {
      await this.take({ act: 'answer', text: 'Done', calls: [], how: 'stop' });
      await this.take({ act: 'wait', milliseconds: CALL_TIME_AND_MORE });
    }
  }

  async expectPromises(): Promise<void> {
    for (const { prompt } of this.gateway.calls) expectStrict(prompt);
    const { sessions } = this.application.store;
    const [session] = await sessions.list(1, undefined);
    if (session === undefined) return;
    const messages = await messagesIn(sessions, SESSION);
    expect(session).to.include({
      messageCount: messages.length,
      title: messages[0]?.content,
      preview: messages.at(-1)?.content,
    });
    const ids = messages.flatMap(({ calls = [] }) => calls.map(({ callId }) => callId));
    expect(new Set(ids).size, `one id for two calls: ${ids}`).to.equal(ids.length);
  }

  async expectIdle(): Promise<void> {
    const [session] = await this.application.store.sessions.list(1, undefined);
    expect(session?.status ?? 'idle').to.equal('idle');
  }

  private async act(step: Step): Promise<unknown> {
    if (step.act === 'say') return this.say(step);
    if (step.act === 'answer') return this.answer(step);
    if (step.act === 'settle') return this.settle(step);
    if (step.act === 'wait') return this.wait(step.milliseconds);
    if (step.act === 'cancel the session')
      return unlessRefused(this.application.cancelSession.execute(SESSION, ANYBODY));
    return unlessRefused(this.application.cancelRun.execute(this.runs.at(-1) ?? 'none', ANYBODY));
  }

  private async say({ onBusy, key, replaces, content }: Extract<Step, { act: 'say' }>): Promise<void> {
    const taken = replaces === undefined ? {} : { replaces: this.runs[replaces] ?? 'none' };
    const keyed = key === undefined ? {} : { idempotencyKey: key };
    const send = () => this.application.send(content, { onBusy, ...taken, ...keyed });
    const sent = await Promise.all(
      key === undefined ? [unlessRefused(send())] : [unlessRefused(send()), unlessRefused(send())],
    );
    this.runs.push(...sent.flatMap((one) => one?.run.id ?? []));
  }

  private answer({ text, calls, how }: Extract<Step, { act: 'answer' }>): void {
    const call = this.gateway.calls.find((one) => !this.answered.has(one));
    if (call === undefined) return;
    this.answered.add(call);
    if (text !== '') call.say(text);
    if (how === 'not at all') return;
    if (how === 'fail') call.fail(new LlmError('upstream_truncated'));
    else if (how === 'refuse') call.fail(new LlmError('upstream_rejected'));
    else call.send(...calls.map(partOf), { type: 'end', finishReason: 'stop' });
  }

  private async settle({ call, how, times, both }: Extract<Step, { act: 'settle' }>): Promise<void> {
    const callId = this.callIds.at(-1 - call) ?? 'none';
    const other = this.callIds.at(-2 - call);
    const ids = both && other !== undefined && other !== callId ? [callId, other] : [callId];
    const settlements = ids.map((id) => settlementOf(id, how));
    const request = { content: '', onBusy: undefined, onDisconnect: undefined, settles: ids };
    const once = () =>
      unlessRefused(
        this.application.settleCalls.execute({
          by: ANYBODY,
          sessionId: SESSION,
          requestId: `request${this.number++}`,
          request,
          settlements,
          idempotencyKey: undefined,
        }),
      );
    const settled = await Promise.all(Array.from({ length: times }, once));
    const begun = new Set(settled.flatMap((one) => one?.run?.id ?? []));
    expect(begun.size, 'two runs of one settlement').to.be.at.most(1);
    this.runs.push(...begun);
  }

  /** Whoever holds a lease does not renew it: for the store, the process is dead. */
  private async wait(milliseconds: number): Promise<void> {
    this.application.clock.advance(milliseconds);
    await this.application.activeRuns.startOrphans();
  }

  private async noteOpenCalls(): Promise<void> {
    const open = await unlessRefused(this.application.store.sessions.openCalls(SESSION));
    for (const { callId } of open ?? []) if (!this.callIds.includes(callId)) this.callIds.push(callId);
  }
}

function partOf({ id, tool, written }: AskedTool, index: number): CompletionPart {
  return { type: 'call', index, callId: id, toolName: tool, argumentsText: written };
}

function settlementOf(callId: string, how: Way): Settlement {
  if (how === 'ok' || how === 'error') return { callId, status: how, content: 'found' };
  if (how === 'other') return { callId, status: 'ok', content: 'something else' };
  return { callId, decision: how, ...(how === 'edit' && { arguments: { path: 'b' } }) };
}

async function unlessRefused<Result>(attempt: Promise<Result>): Promise<Result | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

async function quiet(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) await nextRound();
}

describe('turns with calls, whatever happens', () => {
  it('ask the model only what a strict server takes, count every message, and come to an end', async function () {
    this.timeout(120_000);
    const { seed } = new SeededRandom();
    process.stdout.write(`      seed ${seed}\n`);
    const property = fc.asyncProperty(steps, async (taken) => {
      const turns = await Turns.begin();
      for (const step of taken) await turns.take(step);
      await turns.expectPromises();
      await turns.calmDown();
      await turns.expectPromises();
      await turns.expectIdle();
    });
    await fc.assert(property, { seed, numRuns: 150 });
  });
});
