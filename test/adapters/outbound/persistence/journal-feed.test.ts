import { expect } from 'chai';
import { JournalFeed } from '../../../../src/adapters/outbound/persistence/journal-feed.js';
import type { RunEvent } from '../../../../src/domain/run-event.js';

const TEXT: RunEvent = { type: 'text-delta', sequence: 1, text: 'Hello' };
const END: RunEvent = { type: 'run-end', sequence: 2, finishReason: 'stop', usage: undefined };

describe('JournalFeed', () => {
  /** The runs that news are wanted of, as they came and went. */
  let wanted: string[];
  let feed: JournalFeed;
  /** Behind which event it looked for more, each time. */
  let looks: number[];

  beforeEach(() => {
    [wanted, looks, kept] = [[], [], 0];
    feed = new JournalFeed({
      page: async (_runId, after) => {
        looks.push(after);
        return { events: [TEXT, END].slice(after, kept), ended: kept === 2 };
      },
      follow: (runId) => wanted.push(`+${runId}`),
      unfollow: (runId) => wanted.push(`-${runId}`),
    });
  });
  afterEach(() => feed.close());

  let kept: number;
  function append(event: RunEvent): void {
    kept = event.sequence;
    feed.appended('run', [event]);
  }

  async function read(after = 0, hasTaken = () => {}): Promise<readonly string[]> {
    const types: string[] = [];
    await feed.read('run', after, new AbortController().signal, (events) => {
      types.push(...events.map(({ type }) => type));
      hasTaken();
      return undefined;
    });
    return types;
  }

  it('wants no news of a run that this process writes to its ending', async () => {
    feed.writes('run');
    const reading = read();
    append(TEXT);
    append(END);
    feed.writesNoMore('run');
    expect(await reading).to.deep.equal(['text-delta', 'run-end']);
    expect(wanted).to.deep.equal([]);
  });

  it('wants news of a run that it writes no more, until its last reader has left', async () => {
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

  it('does not look for what this process has told a reader from its first event to its ending', async () => {
    feed.begins('run');
    const first = Promise.withResolvers<void>();
    const reading = read(0, first.resolve);
    append(TEXT);
    await first.promise;
    const late = read(1);
    append(END);
    expect(await reading).to.deep.equal(['text-delta', 'run-end']);
    expect(await late).to.deep.equal(['run-end']);
    expect(looks).to.deep.equal([]);
  });

  it('looks for what was written before a reader came, and for what others may have written', async () => {
    feed.begins('run');
    append(TEXT);
    const late = read();
    append(END);
    expect(await late).to.deep.equal(['text-delta', 'run-end']);
    expect(looks).to.deep.equal([0]);
    const after = read(2);
    feed.writesNoMore('run');
    await after;
    expect(looks).to.deep.equal([0, 2]);
  });

  it('looks for a reader of a run that this process has taken over', async () => {
    kept = 2;
    feed.writes('run');
    expect(await read()).to.deep.equal(['text-delta', 'run-end']);
    expect(looks).to.deep.equal([0]);
  });
});
