import { expect } from 'chai';
import { useFakeTimers } from 'sinon';
import { StopWatch } from '../../../../src/adapters/outbound/persistence/stop-watch.js';
import { accept } from '../../../../src/domain/conversation.js';
import { StoreUnavailable } from '../../../../src/domain/errors.js';
import { birthOf, type SessionHead } from '../../../../src/domain/session-head.js';
import { stop } from '../../../../src/domain/stopping.js';
import { aRun, NEVER, NEW_YEAR } from '../../../support/builders.js';

const SECOND = 1000;

/** A session that says `run1` to be written, and whether that is asked to stop. */
function aHead(isAsked: boolean): SessionHead {
  const birth = birthOf(aRun());
  const turn = {
    birth,
    onBusy: 'reject',
    queueLimit: 8,
    replicaIsFull: false,
    maxBytes: 1_000_000,
    writer: 'me',
  } as const;
  const { head } = accept(undefined, turn);
  const runs = new Map([['run1', { birth, outcome: undefined }]]);
  return isAsked ? (stop({ head, runs, keyed: undefined }, 'run1', 'interrupted', NEW_YEAR)?.head ?? head) : head;
}

describe('the watch for runs that are to stop', () => {
  let time: ReturnType<typeof useFakeTimers>;
  let watch: StopWatch;
  let heads: Map<string, SessionHead>;
  /** The sessions of each look. */
  let looks: string[][];
  let isAway: boolean;
  let failures: unknown[];

  function open(hearsAll: boolean): StopWatch {
    return new StopWatch({
      heads: async (keys) => {
        looks.push([...keys]);
        if (isAway) throw new StoreUnavailable();
        return heads;
      },
      onError: (error) => failures.push(error),
      hearsAll,
    });
  }

  beforeEach(() => {
    time = useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    heads = new Map([['session1', aHead(false)]]);
    [looks, failures, isAway] = [[], [], false];
  });

  afterEach(() => {
    watch.close();
    time.restore();
  });

  it('finds out in one look, whatever the number of runs, where the news may have been lost', async () => {
    watch = open(false);
    const ids = Array.from({ length: 2000 }, (_, index) => `run${index}`);
    const gone = ids.map((runId) => watch.heard({ runId, key: `of-${runId}` }, NEVER));
    await time.tickAsync(SECOND);
    expect(new Set(await Promise.all(gone))).to.deep.equal(new Set(['cancelled']));
    expect(looks).to.deep.equal([ids.map((runId) => `of-${runId}`)]);
    await time.tickAsync(5 * SECOND);
    expect(looks, 'nobody waits any more').to.have.length(1);
  });

  it('looks once where no news can get lost, and again only after a look that failed', async () => {
    watch = open(true);
    const heard = watch.heard({ runId: 'run1', key: 'session1' }, NEVER);
    await time.tickAsync(60 * SECOND);
    expect(looks).to.have.length(1);
    isAway = true;
    watch.asked('run1');
    await time.tickAsync(SECOND);
    expect(looks).to.have.length(3);
    isAway = false;
    heads.set('session1', aHead(true));
    await time.tickAsync(SECOND);
    expect(await heard).to.equal('interrupted');
    expect(looks).to.have.length(4);
    expect(failures, 'an outage is no failure').to.deep.equal([]);
  });

  it('forgets no look that failed because another one did not', async () => {
    watch = open(true);
    heads.set('session2', aHead(false));
    const heard = watch.heard({ runId: 'run1', key: 'session1' }, NEVER);
    void watch.heard({ runId: 'run1b', key: 'session2' }, NEVER);
    await time.tickAsync(SECOND / 2);
    isAway = true;
    watch.asked('run1');
    await time.tickAsync(0);
    isAway = false;
    heads.set('session1', aHead(true));
    watch.asked('run1b');
    await time.tickAsync(SECOND);
    expect(await heard).to.equal('interrupted');
  });

  it('looks once at all that begin within a moment, and not at those that end within it', async () => {
    watch = open(false);
    const ended = new AbortController();
    heads.set('session1', aHead(true));
    const heard = watch.heard({ runId: 'run1', key: 'session1' }, NEVER);
    const over = watch.heard({ runId: 'over', key: 'session3' }, ended.signal);
    const gone = watch.heard({ runId: 'gone', key: 'session2' }, NEVER);
    expect(looks).to.deep.equal([]);
    ended.abort();
    await time.tickAsync(SECOND / 2);
    expect(await Promise.all([heard, over, gone])).to.deep.equal(['interrupted', undefined, 'cancelled']);
    expect(looks).to.deep.equal([['session1', 'session2']]);
  });

  it('tells of what makes no sense, and goes on looking', async () => {
    watch = open(false);
    const heard = watch.heard({ runId: 'run1', key: 'session1' }, NEVER);
    await time.tickAsync(SECOND / 2);
    heads.get = () => {
      throw new Error('unreadable');
    };
    await time.tickAsync(SECOND);
    expect(failures).to.have.length(1);
    heads = new Map();
    await time.tickAsync(SECOND);
    expect(await heard).to.equal('cancelled');
  });
});
