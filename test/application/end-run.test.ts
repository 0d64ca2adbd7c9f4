import { expect } from 'chai';
import { EndRun } from '../../src/application/end-run.js';
import type { RunJournal } from '../../src/application/ports/run-journal.js';
import { ResumeExpired } from '../../src/domain/errors.js';
import type { Run } from '../../src/domain/run.js';
import { type Application, anApplication } from '../support/application.js';
import { aTurn, chunks, errorOf, NEVER } from '../support/builders.js';
import { messagesIn } from '../support/messages-in.js';
import { ScriptedModel } from '../support/scripted-model.js';

const INTERRUPTED = { finishReason: 'interrupted', usage: undefined, error: undefined } as const;

describe('EndRun, of a run whose writer is gone', () => {
  let app: Application;
  let run: Run;

  beforeEach(async () => {
    app = await anApplication({ gateway: new ScriptedModel() });
    ({ run } = await app.store.sessions.accept(aTurn()));
    await app.store.journal.append(run, chunks(['seen ', 'by many']), NEVER);
  });

  function endRun(journal: Partial<RunJournal> = {}): EndRun {
    const { runs } = app.store;
    const { append, position, read } = app.store.journal;
    const whole = { append, position, read };
    for (const [name, method] of Object.entries(whole))
      Object.assign(whole, { [name]: method.bind(app.store.journal) });
    return new EndRun({ runs, journal: { ...whole, ...journal }, clock: app.clock, log: app.log });
  }

  it('keeps what its journal holds', async () => {
    await endRun().asJournalled(run, INTERRUPTED, NEVER);
    expect((await messagesIn(app.store.sessions, 'session1'))[1]).to.include({ content: 'seen by many' });
    expect(await app.store.runs.find(run.id)).to.include({ status: 'interrupted' });
  });

  it('keeps the calls in it that were settled there', async () => {
    const call = (callId: string, sequence: number) =>
      ({ type: 'tool-call', callId, toolName: 'read', arguments: {}, requiresApproval: false, sequence }) as const;
    const settled = { type: 'tool-result', callId: 'c1', toolName: 'read', status: 'ok', content: 'found' } as const;
    const events = [call('c1', 3), call('c2', 4), { ...settled, sequence: 5 }, ...chunks(['more'], 6), call('c3', 7)];
    await app.store.journal.append(run, events, NEVER);
    await endRun().asJournalled(run, INTERRUPTED, NEVER);
    const [, asked, result, rest] = await messagesIn(app.store.sessions, 'session1');
    expect(asked?.calls?.map(({ callId }) => callId)).to.deep.equal(['c1']);
    expect([asked?.content, result?.content, rest?.content]).to.deep.equal(['seen by many', 'found', 'more']);
  });

  it('ends it without a text when the store has lost its journal, and says so in the log', async () => {
    const lost = { read: (runId: string) => Promise.reject(new ResumeExpired(runId)) };
    await endRun(lost).asJournalled(run, INTERRUPTED, NEVER);
    expect(await app.store.runs.find(run.id)).to.include({ status: 'interrupted' });
    expect(await app.store.sessions.find('session1')).to.include({ activeRunId: undefined, messageCount: 1 });
    expect(app.log.lines.map(({ message }) => message)).to.include('the store has lost the journal of a run');
  });

  it('gives up for the reason it is told, and leaves the run open for others', async () => {
    const giveUp = new AbortController();
    const reason = new Error('the grace is over');
    const endless = {
      read: () => {
        giveUp.abort(reason);
        return Promise.resolve();
      },
    };
    expect(await errorOf(endRun(endless).asJournalled(run, INTERRUPTED, giveUp.signal))).to.equal(reason);
    expect(await app.store.runs.find(run.id)).to.include({ status: 'running' });
  });
});
