import { expect } from 'chai';
import { RunEnded } from '../../src/domain/errors.js';
import { messagesOfRun } from '../../src/domain/message.js';
import { endRun, isEnded, isSameRequest } from '../../src/domain/run.js';
import { endEvents } from '../../src/domain/run-event.js';
import { anEnding, aRun } from '../support/builders.js';

describe('a run', () => {
  it('is open until it has its ending', () => {
    expect(isEnded(aRun())).to.equal(false);
    expect(isEnded(endRun(aRun(), anEnding()))).to.equal(true);
  });

  it('has a status for every finish reason', () => {
    const statuses = (['stop', 'length', 'content_filter', 'cancelled', 'interrupted', 'error'] as const).map(
      (finishReason) => endRun(aRun(), anEnding({ finishReason })).status,
    );
    expect(statuses).to.deep.equal(['completed', 'completed', 'completed', 'cancelled', 'interrupted', 'failed']);
  });

  it('never ends twice', () => {
    const ended = endRun(aRun(), anEnding());
    expect(() => endRun(ended, anEnding())).to.throw(RunEnded);
  });

  it('knows its request when it is sent again', () => {
    const { request } = aRun();
    expect(isSameRequest(aRun(), { ...request })).to.equal(true);
    for (const other of [{ content: 'hello' }, { onBusy: 'queue' }, { onDisconnect: 'cancel' }] as const) {
      expect(isSameRequest(aRun(), { ...request, ...other })).to.equal(false);
    }
  });
});

describe('the events that end a run', () => {
  const error = { code: 'upstream_timeout', message: 'Too slow', retryable: true } as const;

  it('are the ending alone, or the error before it', () => {
    expect(endEvents(anEnding(), 7).map(({ type, sequence }) => [type, sequence])).to.deep.equal([['run-end', 7]]);
    const failed = endEvents(anEnding({ finishReason: 'error', error }), 7);
    expect(failed.map(({ type, sequence }) => [type, sequence])).to.deep.equal([
      ['run-failure', 7],
      ['run-end', 8],
    ]);
  });
});

describe('the messages of a run', () => {
  it('are what the user sent, and what the model wrote with how it ended', () => {
    expect(messagesOfRun(aRun(), '')[0]).to.include({
      role: 'user',
      content: 'Hello',
      status: 'complete',
      runId: 'run1',
    });
    const statuses = (['stop', 'length', 'content_filter', 'cancelled', 'interrupted', 'error'] as const).map(
      (finishReason) => messagesOfRun(endRun(aRun(), anEnding({ finishReason })), 'Hi')[1]?.status,
    );
    expect(statuses).to.deep.equal(['complete', 'incomplete', 'incomplete', 'cancelled', 'interrupted', 'failed']);
  });

  it('are only the first when nothing was written, or not yet', () => {
    expect(messagesOfRun(endRun(aRun(), anEnding()), '')).to.have.length(1);
    expect(messagesOfRun(aRun(), 'Hi')).to.have.length(1);
  });
});
