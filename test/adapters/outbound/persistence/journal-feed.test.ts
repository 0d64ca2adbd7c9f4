import { expect } from 'chai';
import { JournalFeed } from '../../../../src/adapters/outbound/persistence/journal-feed.js';
import type { RunEvent } from '../../../../src/domain/run-event.js';

const TEXT: RunEvent = { type: 'text-delta', sequence: 1, text: 'Hello' };
const END: RunEvent = { type: 'run-end', sequence: 2, finishReason: 'stop', usage: undefined };

describe('JournalFeed', () => {
  /** The runs that news are wanted of, as they came and went. */
  let wanted: string[];
  let feed: JournalFeed;

  beforeEach(() => {
    wanted = [];
    feed = new JournalFeed({
      page: async (_runId, after) => ({ events: [TEXT, END].slice(after, kept), ended: kept === 2 }),
      follow: (runId) => wanted.push(`+${runId}`),
      unfollow: (runId) => wanted.push(`-${runId}`),
    });
  });
  afterEach(() => feed.close());

  let kept = 0;
  function append(event: RunEvent): void {
    kept = event.sequence;
    feed.appended('run', [event]);
  }

  async function read(): Promise<readonly string[]> {
    const types: string[] = [];
    await feed.read('run', 0, new AbortController().signal, (events) => {
      types.push(...events.map(({ type }) => type));
      return undefined;
    });
    return types;
  }

  it('wants no news of a run that this process writes to its ending', async () => {
    kept = 0;
    feed.writes('run');
    const reading = read();
    append(TEXT);
    append(END);
    feed.writesNoMore('run');
    expect(await reading).to.deep.equal(['text-delta', 'run-end']);
    expect(wanted).to.deep.equal([]);
  });

  it('wants news of a run that it writes no more, until its last reader has left', async () => {
    kept = 0;
    feed.writes('run');
    const reading = read();
    append(TEXT);
    feed.writesNoMore('run');
    expect(wanted).to.deep.equal(['+run']);
    kept = 2;
    feed.changed('run');
    expect(await reading).to.deep.equal(['text-delta', 'run-end']);
    expect(wanted).to.deep.equal(['+run', '-run']);
  });
});
