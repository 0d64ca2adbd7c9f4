import { expect } from 'chai';
import type { RunJournal } from '../../../src/application/ports/run-journal.js';
import { StoreUnavailable } from '../../../src/domain/errors.js';
import { MeteredRunJournal } from '../../../src/infrastructure/metrics/metered-run-journal.js';
import { Metrics } from '../../../src/infrastructure/metrics/metrics.js';
import { aLease, chunks, collect, errorOf, NEVER, textOf } from '../../support/builders.js';
import { samplesOf } from '../../support/metric-samples.js';
import { eventsOf } from '../../support/pulled.js';

describe('MeteredRunJournal', () => {
  it('passes everything on, and counts appends that found the store away', async () => {
    const appended: string[] = [];
    const away = new StoreUnavailable();
    const inner: RunJournal = {
      append: async (_lease, events) => {
        if (appended.length > 0) throw away;
        appended.push(textOf(events));
      },
      position: async () => ({ last: 1, ended: false }),
      read: async (_runId, after, _signal, take) => take(chunks(['a', 'b']).slice(after)),
    };
    const metrics = new Metrics();
    const journal = new MeteredRunJournal(inner, metrics);
    await journal.append(aLease(), chunks(['a']), NEVER);
    expect(await errorOf(journal.append(aLease(), chunks(['b']), NEVER))).to.equal(away);
    expect(appended).to.deep.equal(['a']);
    expect(await journal.position('run1')).to.deep.equal({ last: 1, ended: false });
    expect(await collect(eventsOf(journal, 'run1', 1, NEVER))).to.deep.equal(chunks(['b'], 2));
    const samples = samplesOf(await metrics.render());
    expect(samples.get('agent_runtime_store_calls_failed_total{operation="append"}')).to.equal(1);
  });
});
