import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import sinon from 'sinon';
import type { SessionRepository } from '../../src/application/ports/session-repository.js';
import { Preparation, PreparationTooSlow } from '../../src/application/preparation.js';
import { LlmError, StoreUnavailable } from '../../src/domain/errors.js';
import { messagesOfRun } from '../../src/domain/message.js';
import { aRun, errorOf, NEVER } from '../support/builders.js';

type Sessions = Pick<SessionRepository, 'latestMessages'>;

const page = (...texts: readonly string[]) =>
  texts.flatMap((content) =>
    messagesOfRun(aRun({ request: { content, onBusy: undefined, onDisconnect: undefined } }), ''),
  );

function sessionsThat(read: () => AsyncIterable<ReturnType<typeof page>>): Sessions {
  return { latestMessages: read };
}

describe('Preparation', () => {
  it('reads all pages, again from the start when the store was away amid them', async () => {
    let readings = 0;
    const sessions = sessionsThat(async function* () {
      readings += 1;
      yield page('two');
      if (readings === 1) throw new StoreUnavailable();
      yield page('one');
    });
    const history = await new Preparation(sessions).history(aRun(), NEVER);
    expect(history.map(({ content }) => content)).to.deep.equal(['one', 'two']);
  });

  it('gives up a reading that never comes to its end, however it fails to', async () => {
    const hanging = sessionsThat(async function* () {
      yield page('one');
      await new Promise(() => {});
    });
    const away = sessionsThat(async function* () {
      yield page('one');
      throw new StoreUnavailable();
    });
    for (const sessions of [hanging, away])
      expect(await errorOf(new Preparation(sessions, 100).history(aRun(), NEVER))).to.be.instanceOf(PreparationTooSlow);
  });

  it('leaves no timer and no listener behind, which would hold what was read', async () => {
    const clock = sinon.useFakeTimers();
    const { signal } = new AbortController();
    try {
      await new Preparation({ latestMessages: async function* () {} }).history(aRun(), signal);
      expect(clock.countTimers()).to.equal(0);
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
    } finally {
      clock.restore();
    }
  });

  it('gives its reason when it is stopped meanwhile', async () => {
    const stop = new AbortController();
    const away = sessionsThat(async function* () {
      yield page('one');
      stop.abort(new Error('stopped'));
      throw new StoreUnavailable();
    });
    expect(await errorOf(new Preparation(away).history(aRun(), stop.signal))).to.have.property('message', 'stopped');
  });

  it('reads no further than can be sent, and says that it is too long', async () => {
    let pages = 0;
    const endless = sessionsThat(async function* () {
      for (;;) {
        pages += 1;
        yield page('x'.repeat(100));
      }
    });
    const error = await errorOf(new Preparation(endless, 60_000, 1000).history(aRun(), NEVER));
    expect(error).to.be.instanceOf(LlmError).with.property('code', 'upstream_too_long');
    expect(pages).to.equal(11);
  });
});
