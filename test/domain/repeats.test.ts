import { expect } from 'chai';
import { accept, claim, type NewRun } from '../../src/domain/conversation.js';
import { acceptedBefore } from '../../src/domain/repeats.js';
import { birthOf, type SessionHead } from '../../src/domain/session-head.js';
import { aRun } from '../support/builders.js';

describe('a message that is given again', () => {
  const run = aRun();
  const birth = birthOf(run);
  const turn: NewRun = {
    birth,
    onBusy: 'queue',
    queueLimit: 8,
    replicaIsFull: false,
    maxBytes: 1_000_000,
    writer: 'first',
  };
  const { head } = accept(undefined, turn);

  function replayed(seen: SessionHead, runId: string, writer: string): boolean | undefined {
    const known = birthOf(aRun({ id: runId }));
    const runs = new Map([[runId, { birth: known, outcome: undefined }]]);
    return acceptedBefore({ head: seen, runs, keyed: undefined }, runId, known.request, writer)?.replayed;
  }

  it('is written by whoever got its run, and only read where another process has been given it', () => {
    const taken = claim(head, 'second')?.head ?? head;
    expect(replayed(head, 'run1', 'first')).to.equal(false);
    expect(replayed(taken, 'run1', 'first')).to.equal(true);
    expect(replayed(taken, 'run1', 'second')).to.equal(false);
  });

  it('is as new while it waits', () => {
    const queued = accept(head, { ...turn, birth: birthOf(aRun({ id: 'run2' })) }).head;
    expect(replayed(queued, 'run2', 'first')).to.equal(false);
  });
});
