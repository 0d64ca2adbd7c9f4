import { expect } from 'chai';
import {
  readEndEvent,
  readHead,
  readOutcome,
  writtenHead,
  writtenOutcome,
} from '../../../../src/adapters/outbound/persistence/ledger-codec.js';
import { readBirth, writtenBirth } from '../../../../src/adapters/outbound/persistence/stored-birth.js';
import { UnreadableRecord } from '../../../../src/adapters/outbound/persistence/stored-fields.js';
import { accept } from '../../../../src/domain/conversation.js';
import { birthOf, type SessionHead } from '../../../../src/domain/session-head.js';
import { stop } from '../../../../src/domain/stopping.js';
import { anEnding, aRun, NEW_YEAR } from '../../../support/builders.js';

const NEW_RUN = {
  birth: birthOf(aRun()),
  onBusy: 'queue',
  queueLimit: 8,
  replicaIsFull: false,
  maxBytes: 1_000_000,
  writer: 'me',
} as const;

function aHead(): SessionHead {
  const { head } = accept(undefined, NEW_RUN);
  const birth = birthOf(aRun({ id: 'run2' }));
  const queued = accept(head, { ...NEW_RUN, birth }).head;
  const runs = new Map([['run2', { birth, outcome: undefined }]]);
  return stop({ head: queued, runs, keyed: undefined }, 'run2', 'cancelled', NEW_YEAR)?.head ?? queued;
}

describe('what a store keeps of a session', () => {
  it('is read as it was written', () => {
    const idle = { ...aHead(), active: undefined, queue: [], stopped: [] };
    const asked = {
      ...aHead(),
      active: { id: 'run1', attempts: 2, epoch: 0, stopCause: 'interrupted', writer: undefined },
    } as const;
    const named = { ...idle, agent: 'coder' };
    const { size: _, ...former } = aHead();
    const labelled = { ...idle, title: 'Tea', metadata: { pinned: true, order: 1, color: 'red' } };
    for (const head of [aHead(), idle, asked, named, former, labelled])
      expect(readHead(writtenHead(head))).to.deep.equal(head);
    const request = {
      content: ' \u2028 "quotes" \\ \u{1f600}\r\n',
      onBusy: 'interrupt',
      onDisconnect: 'cancel',
    } as const;
    const choice = {
      agent: 'coder',
      model: 'mock:a',
      options: { temperature: 0.5, stop: ['END'] },
      include: ['reasoning', 'usage'],
      tools: [{ type: 'function', function: { name: 'read' }, approval: 'always' }],
      toolChoice: { type: 'function', function: { name: 'read' } },
    } as const;
    const switching = { ...request, choice, switching: { reason: 'why' } };
    const fields = { inherited: { agent: 'other', toolChoice: 'auto' }, switchedFrom: 'default' } as const;
    for (const run of [aRun(), aRun({ request, onDisconnect: 'cancel' }), aRun({ request: switching })])
      expect(readBirth(writtenBirth(birthOf(run)))).to.deep.equal(birthOf(run));
    const heir = { ...birthOf(aRun()), ...fields };
    expect(readBirth(writtenBirth(heir))).to.deep.equal(heir);
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    const error = { code: 'upstream_timeout', message: 'Too slow', retryable: true } as const;
    const progress = { attempts: 1, epoch: 2, stopCause: undefined, next: undefined };
    for (const outcome of [
      { ...anEnding(), ...progress },
      { ...anEnding(), ...progress, model: 'mock:a' },
      {
        ...anEnding({ finishReason: 'error', usage, error }),
        ...progress,
        stopCause: 'cancelled',
        next: 'run2',
      } as const,
    ])
      expect(readOutcome(writtenOutcome(outcome))).to.deep.equal(outcome);
  });

  it('is read as it was written where it ends a journal, without what a newer version says beside it', () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    for (const event of [
      { type: 'run-failure', sequence: 4, code: 'upstream_timeout', message: 'Too slow', retryable: true },
      { type: 'run-end', sequence: 5, finishReason: 'error', usage: undefined },
      { type: 'run-end', sequence: 1, finishReason: 'stop', usage },
      { type: 'run-end', sequence: 1, finishReason: 'stop', usage, model: 'mock:a' },
      { type: 'run-end', sequence: 1, finishReason: 'stop', usage, at: NEW_YEAR },
      { type: 'usage', sequence: 1, usage },
    ])
      expect(readEndEvent(JSON.stringify({ ...event, color: 'red' }))).to.deep.equal(event);
  });

  it('takes along what a newer version wrote, also through a step of this one', () => {
    const newer = JSON.stringify({ ...JSON.parse(writtenHead(aHead())), theme: 'Tea', shape: { round: [1] } });
    const active = JSON.stringify({ ...JSON.parse(newer), active: { ...aHead().active, waiting: ['call1'] } });
    const { head } = accept(readHead(active), {
      ...NEW_RUN,
      birth: birthOf(aRun({ id: 'run3' })),
      onBusy: 'interrupt',
    });
    const written = JSON.parse(writtenHead(head));
    expect(written).to.deep.include({ theme: 'Tea', shape: { round: [1] } });
    expect(written.active).to.deep.include({ waiting: ['call1'], stopCause: 'interrupted' });
  });

  it('fails where it is not as it was written, by name and without what it says', () => {
    const broken: [() => unknown, string][] = [
      [() => readHead('[]'), 'no object'],
      [() => readHead(writtenHead(aHead()).replace('"messageCount":2', '"messageCount":"2"')), 'messageCount'],
      [() => readHead(writtenHead(aHead()).replace('["run2"]', '[2]')), 'queue'],
      [() => readHead(writtenHead({ ...aHead(), metadata: { a: true } }).replace('true', '[]')), 'note'],
      [() => readHead(writtenHead({ ...aHead(), title: 'a' }).replace('"title":"a"', '"title":{}')), 'title'],
      [() => readHead(writtenHead(aHead()).replace('"epoch":1', '"epoch":null')), 'epoch'],
      [() => readBirth(writtenBirth(birthOf(aRun())).replace('"continue"', '"secret"')), 'onDisconnect'],
      [() => readOutcome('{"finishReason":"secret"}'), 'finishReason'],
      [() => readEndEvent('{"type":"secret","sequence":1}'), 'type'],
      [() => readEndEvent('{"type":"usage","sequence":1}'), 'inputTokens'],
      [() => readEndEvent('{"type":"run-end","finishReason":"stop"}'), 'sequence'],
      [() => readEndEvent('{"type":"run-end","sequence":1,"finishReason":"secret"}'), 'finishReason'],
      [() => readEndEvent('{"type":"run-failure","sequence":1,"code":"","message":"secret"}'), 'code'],
    ];
    for (const [read, name] of broken)
      expect(read).to.throw(UnreadableRecord, name).with.property('message').that.does.not.include('secret');
  });
});
