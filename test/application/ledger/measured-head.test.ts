import { expect } from 'chai';
import { measured } from '../../../src/application/ledger/measured-head.js';
import type { SessionLedger } from '../../../src/application/ports/session-ledger.js';
import { accept, beginAttempt, end } from '../../../src/domain/conversation.js';
import { birthOf, type RunRecord, type SessionHead } from '../../../src/domain/session-head.js';
import { aLease, anAttempt, anEnding, aRun } from '../../support/builders.js';

const NEW_RUN = { onBusy: 'queue', queueLimit: 8, replicaIsFull: false, maxBytes: 1000, writer: 'me' } as const;

describe('a head that an older version kept', () => {
  /** One turn that is answered and one that waits behind another that runs. */
  function aSession(): { head: SessionHead; ledger: Pick<SessionLedger, 'history'> } {
    const births = ['run1', 'run2', 'run3'].map((id) => birthOf(aRun({ id })));
    const records = new Map<string, RunRecord>(births.map((birth) => [birth.id, { birth, outcome: undefined }]));
    const seen = (head: SessionHead) => ({ head, runs: records, keyed: undefined });
    const [first, second, third] = births;
    if (first === undefined || second === undefined || third === undefined) throw new Error('no births');
    let { head } = accept(undefined, { ...NEW_RUN, birth: first });
    head = beginAttempt(seen(head), aLease(), anAttempt()).head;
    const ended = end(seen(head), aLease(), anEnding(), { text: ' \n', lastSequence: 1 }, 'me');
    const outcome = ended.outcomes?.[0]?.outcome;
    head = accept(ended.head, { ...NEW_RUN, birth: second }).head;
    head = accept(head, { ...NEW_RUN, birth: third }).head;
    const turns = births.map((birth, index) => ({
      birth,
      outcome: index === 0 ? outcome : undefined,
      answer: index === 0 ? ' \n' : '',
    }));
    const history = async () => ({ head, turns, hasMore: false });
    return { head, ledger: { history } };
  }

  it('is given the size that it would have, had it always been counted', async () => {
    const { head, ledger } = aSession();
    const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    const outline = { title: 'Hello', last: 'Hello', waiting: { run3: 'Hello' }, usage };
    expect(head.size).to.deep.equal({ bytes: 17, untold: 1, waiting: { run3: 5 }, outline });
    expect(await measured(ledger, 'session1', { ...head, size: undefined })).to.deep.equal(head);
  });

  it('is not read again once it has one', async () => {
    const { head } = aSession();
    const unread = { history: () => Promise.reject(new Error('read')) };
    expect(await measured(unread, 'session1', head)).to.equal(head);
  });
});
