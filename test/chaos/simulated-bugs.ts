import { numberedFrames } from './facts.js';
import type {
  Door,
  Exchange,
  FinalRun,
  History,
  ReplicaLife,
  SentMessage,
  StoredMessage,
  WireFrame,
} from './history.js';
import { answerToken } from './model-answer.js';
import type { Fate } from './simulated-fates.js';
import type { SimulatedRun } from './simulated-run.js';
import type { Rule } from './violation.js';

/** A mistake in the service, in a run of this fate: it changes the run before it is told, or only what is told of
 *  it. */
export interface Bug {
  readonly name: string;
  /** What the checker must find. */
  readonly breaks: Rule;
  readonly fate: Fate;
  /** Where its message is said; natively where nothing is said. */
  readonly door?: Door;
  readonly run?: (run: SimulatedRun) => SimulatedRun;
  readonly final?: (run: FinalRun) => FinalRun;
  readonly exchanges?: (exchanges: readonly Exchange[]) => readonly Exchange[];
  readonly stored?: (messages: readonly StoredMessage[]) => readonly StoredMessage[];
  readonly history?: (history: History) => History;
}

export const BUGS: readonly Bug[] = [
  {
    name: 'no fence: a replica that thaws goes on writing a run that another one has taken up',
    breaks: 'attempts mixed',
    fate: 'rerun',
    run: (run) => withJournal(run, (frames) => [...frames.slice(0, 3), tokenOf(run, 1, 0), ...frames.slice(3)]),
  },
  {
    name: 'no fence: a replica that thaws is first to write a run that another one has taken up',
    breaks: 'written by a former owner',
    fate: 'rerun',
    run: (run) =>
      withJournal(run, (frames) =>
        frames.map((frame, place) => (frame.type === 'token' ? tokenOf(run, 1, place) : frame)),
      ),
  },
  {
    name: 'no fence: a replica that thaws writes behind the ending',
    breaks: 'event after the ending',
    fate: 'orphaned',
    run: (run) => withJournal(run, (frames) => [...frames.slice(0, -1), tokenOf(run, 1, 1), ...frames.slice(-1)]),
  },
  {
    name: 'tokens go to the client before the journal, and the replica dies in between',
    breaks: 'seen but not journalled',
    fate: 'orphaned',
    exchanges: changeFirst((frames) => [...frames.filter(({ type }) => type === 'token'), unseen(frames)]),
  },
  {
    name: 'retry after content',
    breaks: 'attempts mixed',
    fate: 'rerun',
    run: (run) => withJournal(run, (frames) => [tokenOf(run, 1, 0), tokenOf(run, 1, 1), ...frames]),
  },
  {
    name: 'the last event is lost on the wire',
    breaks: 'done without ending',
    fate: 'whole',
    exchanges: changeLast((frames) => frames.filter(({ type }) => type !== 'end')),
  },
  {
    name: 'the last token is lost on the wire',
    breaks: 'gap',
    fate: 'whole',
    exchanges: changeLast(withoutLastToken),
  },
  {
    name: 'the last token is lost on its way into the journal',
    breaks: 'answer differs from the journal',
    fate: 'whole',
    final: (run) => ({ ...run, journal: renumbered(run.id, withoutLastToken(run.journal)) }),
  },
  {
    name: 'two endings in the journal',
    breaks: 'two endings',
    fate: 'orphaned',
    run: (run) => withJournal(run, (frames) => [...frames.slice(0, -1), ...frames.slice(-2)]),
  },
  {
    name: 'two endings on the wire',
    breaks: 'two endings',
    fate: 'whole',
    exchanges: changeLast((frames) => [...frames, ...frames]),
  },
  {
    name: 'no ending in the journal',
    breaks: 'journal without ending',
    fate: 'whole',
    final: (run) => ({ ...run, journal: run.journal.filter(({ type }) => type !== 'end') }),
  },
  {
    name: 'the answer is stored twice',
    breaks: 'answer stored twice',
    fate: 'orphaned',
    stored: (messages) => [...messages, ...messages.slice(1)],
  },
  {
    name: 'the answer is stored otherwise than it was journalled',
    breaks: 'answer differs from the journal',
    fate: 'whole',
    stored: (messages) => messages.map((one) => (one.role === 'user' ? one : { ...one, content: one.content.trim() })),
  },
  {
    name: 'the partial answer is not stored',
    breaks: 'answer lost',
    fate: 'orphaned',
    stored: (messages) => messages.slice(0, 1),
  },
  {
    name: 'an answer is stored for a run that wrote nothing',
    breaks: 'answer without text',
    fate: 'poison',
    stored: (messages) =>
      messages.flatMap((one) => [one, { ...one, role: 'assistant', content: '', status: 'failed' }]),
  },
  {
    name: 'the message is stored once more by the repeat',
    breaks: 'message stored twice',
    fate: 'whole',
    stored: (messages) => [...messages, ...messages.slice(0, 1)],
  },
  {
    name: 'the message is accepted and not stored',
    breaks: 'message lost',
    fate: 'poison',
    stored: () => [],
  },
  {
    name: 'a second run for the same key',
    breaks: 'two runs for one key',
    fate: 'whole',
    exchanges: (exchanges) => [...exchanges, anotherRun(exchanges)],
  },
  {
    name: 'a repeat is taken for a new message',
    breaks: 'accepted twice',
    fate: 'whole',
    exchanges: (exchanges) => [...exchanges, { ...wholeStream(exchanges), way: 'post' }],
  },
  {
    name: 'a resume skips an event',
    breaks: 'gap',
    fate: 'whole',
    exchanges: (exchanges) => [...exchanges, resumed(exchanges, 1, 2)],
  },
  {
    name: 'a resume repeats an event',
    breaks: 'repeated event',
    fate: 'whole',
    exchanges: (exchanges) => [...exchanges, resumed(exchanges, 2, 1)],
  },
  {
    name: 'a reader gets its events in another order',
    breaks: 'wrong order',
    fate: 'whole',
    exchanges: (exchanges) => [...exchanges, shuffled(resumed(exchanges, 1, 1))],
  },
  {
    name: 'the journal forgets what a client has seen',
    breaks: 'cursor refused',
    fate: 'orphaned',
    exchanges: addExchange({ status: 400, code: 'invalid_cursor', frames: [], cursor: 3 }),
  },
  {
    name: 'a reader is told too early that there is no more',
    breaks: 'told there is no more',
    fate: 'whole',
    exchanges: addExchange({ status: 204, frames: [], cursor: 1 }),
  },
  {
    name: 'the model is asked once more than is counted',
    breaks: 'asked more often than counted',
    fate: 'rerun',
    final: (run) => ({ ...run, attempts: 1 }),
  },
  {
    name: 'the run never ends',
    breaks: 'run never ended',
    fate: 'orphaned',
    final: (run) => ({ ...run, endedAt: undefined, status: 'running', finishReason: undefined }),
  },
  {
    name: 'the run is gone',
    breaks: 'run lost',
    fate: 'orphaned',
    final: (run) => ({ ...run, id: 'nobody' }),
  },
  {
    name: 'nobody takes the run over in time',
    breaks: 'late takeover',
    fate: 'orphaned',
    final: (run) => ({ ...run, endedAt: (run.endedAt ?? 0) + 11_000 }),
  },
  {
    name: 'the next turn begins before this one has ended',
    breaks: 'turns overlap',
    fate: 'whole',
    final: (run) => ({ ...run, endedAt: (run.endedAt ?? 0) + 9000 }),
  },
  {
    name: 'a run is interrupted by nobody',
    breaks: 'ending without cause',
    fate: 'cancelled',
    run: (run) => ({
      ...withJournal(run, (frames) =>
        frames.map((frame) => (frame.type === 'end' ? { ...frame, finishReason: 'interrupted' } : frame)),
      ),
      status: 'interrupted',
      finishReason: 'interrupted',
    }),
  },
  {
    name: 'a run without tokens is interrupted and not run again',
    breaks: 'not run again',
    fate: 'orphaned',
    run: (run) => withJournal(run, (frames) => frames.filter(({ type }) => type !== 'token')),
  },
  {
    name: 'half of the answer is taken for all of it',
    breaks: 'answer cut short',
    fate: 'whole',
    run: (run) => withJournal(run, (frames) => [...frames.slice(0, 2), ...frames.slice(-2)]),
  },
  {
    name: 'the stream breaks off for no reason',
    breaks: 'cut off without cause',
    fate: 'whole',
    exchanges: addExchange({ closedBy: 'network' }),
  },
  {
    name: 'a known key is refused because the session is busy',
    breaks: 'unforeseen status',
    fate: 'whole',
    exchanges: addExchange({ status: 409, code: 'session_busy', way: 'post', cursor: 0 }),
  },
  {
    name: 'a frame that nobody can read',
    breaks: 'unreadable frame',
    fate: 'whole',
    exchanges: changeLast((frames) => [{ type: 'unreadable', raw: 'data: {' }, ...frames]),
  },
  {
    name: 'a reader gets into the stream of another run',
    breaks: "another run's event",
    fate: 'whole',
    exchanges: changeLast((frames) => renumbered('another', frames)),
  },
  {
    name: 'two readers get different text for one event',
    breaks: 'different text for one event',
    fate: 'whole',
    exchanges: changeLast((frames) => frames.map((one) => (one.type === 'token' ? { ...one, text: 'other ' } : one))),
  },
  {
    name: 'a reader is told the ending before the last tokens are journalled',
    breaks: 'end seen too early',
    fate: 'whole',
    exchanges: changeLast((frames) => renumberedAs(frames, withoutLastToken(frames))),
  },
  {
    name: 'a reader waits for the ending for ever',
    breaks: 'ending never seen',
    fate: 'whole',
    history: changeSent(0, { outcome: 'unanswered' }),
  },
  {
    name: 'the journal has a hole',
    breaks: 'journal misnumbered',
    fate: 'whole',
    final: (run) => ({ ...run, journal: run.journal.slice(1) }),
  },
  {
    name: 'tokens are journalled behind the error',
    breaks: 'error not before the ending',
    fate: 'broken',
    run: (run) => withJournal(run, (frames) => frames.toSorted((one, other) => rank(one) - rank(other))),
  },
  {
    name: 'the run and its journal tell different endings',
    breaks: 'ending differs',
    fate: 'cancelled',
    final: (run) => ({ ...run, status: 'completed', finishReason: 'stop' }),
  },
  {
    name: 'the message is stored otherwise than it was sent',
    breaks: 'message altered',
    fate: 'whole',
    stored: ([question, ...others]) => (question ? [{ ...question, content: `${question.content} ` }, ...others] : []),
  },
  {
    name: 'a message that was refused is stored all the same',
    breaks: 'refused message stored',
    fate: 'whole',
    exchanges: (exchanges) => [{ ...wholeStream(exchanges), ...REFUSED }],
  },
  {
    name: 'the answer is stored before its message',
    breaks: 'answer out of place',
    fate: 'whole',
    stored: (messages) => messages.toReversed(),
  },
  {
    name: 'a run is tried again and again',
    breaks: 'too many attempts',
    fate: 'rerun',
    final: (run) => ({ ...run, attempts: 3 }),
  },
  {
    name: 'the prompt lacks the message of an earlier turn',
    breaks: 'prompt differs from the history',
    fate: 'whole',
    history: (history) => ({
      ...history,
      calls: history.calls.map((one) => ({ ...one, prompt: one.prompt.slice(-1) })),
    }),
  },
  {
    name: 'a cancel is not heard',
    breaks: 'late cancel',
    fate: 'cancelled',
    history: (history) => ({
      ...history,
      cancels: history.cancels.map((one) => ({ ...one, answeredAt: one.answeredAt - 6000 })),
    }),
  },
  {
    name: 'a message overtakes one that was accepted before it',
    breaks: 'turns out of order',
    fate: 'whole',
    history: (history) => ({
      ...history,
      sessions: history.sessions.map((one) => ({ ...one, messages: one.messages.toReversed() })),
    }),
  },
  {
    name: 'a replica dies by itself',
    breaks: 'replica died',
    fate: 'whole',
    history: endSteadyReplica({ end: 'crash', exitCode: 1 }),
  },
  {
    name: 'a replica does not stop when it is told to',
    breaks: 'replica did not stop',
    fate: 'whole',
    history: endSteadyReplica({ end: 'stuck' }),
  },
  {
    name: 'a replica that was told to stop ends with an error',
    breaks: 'replica did not stop',
    fate: 'whole',
    history: endSteadyReplica({ end: 'stop', exitCode: 1 }),
  },
];

const REFUSED = { way: 'post', status: 409, code: 'session_busy', run: undefined, frames: [] } as const;

type Frames = readonly WireFrame[];

function withJournal(run: SimulatedRun, change: (frames: Frames) => Frames): SimulatedRun {
  return { ...run, journal: renumbered(run.id, change(run.journal)) };
}

/** The token that a call has at this place, to be numbered later. */
function tokenOf({ id: run, message }: SimulatedRun, call: number, place: number): WireFrame {
  return { type: 'token', run, sequence: 0, text: answerToken(message.number, call, place) };
}

function renumbered(run: string, frames: Frames): Frames {
  let sequence = 0;
  return frames.map((frame) => {
    if (frame.type === 'done' || frame.type === 'unreadable') return frame;
    sequence += 1;
    return { ...frame, run, sequence };
  });
}

function withoutLastToken(frames: Frames): Frames {
  const last = frames.findLastIndex(({ type }) => type === 'token');
  const isBeforeEnd = frames[last + 1]?.type === 'end';
  return frames.filter((_, index) => !(isBeforeEnd && index === last));
}

/** A token behind those that are there. */
function unseen(frames: Frames): WireFrame {
  const last = frames.findLast((frame) => frame.type === 'token');
  return { type: 'token', run: last?.run ?? '', sequence: (last?.sequence ?? 0) + 1, text: 'on its way ' };
}

/** The first stream of all. */
function changeFirst(change: (frames: Frames) => Frames): NonNullable<Bug['exchanges']> {
  return (exchanges) => {
    const first = exchanges.findIndex(({ run }) => run !== undefined);
    return exchanges.map((one, index) => (index === first ? { ...one, frames: change(one.frames) } : one));
  };
}

/** One stream more, from the start to the end. */
export function changeLast(change: (frames: Frames) => Frames): NonNullable<Bug['exchanges']> {
  return (exchanges) => [...exchanges, { ...wholeStream(exchanges), frames: change(wholeStream(exchanges).frames) }];
}

/** One exchange more, at the end. */
export function addExchange(changes: Partial<Exchange>): NonNullable<Bug['exchanges']> {
  return (exchanges) => [...exchanges, { ...wholeStream(exchanges), ...changes }];
}

/** A stream with all events behind `from`, for a client that has seen those up to `cursor`. */
function resumed(exchanges: readonly Exchange[], cursor: number, from: number): Exchange {
  const whole = wholeStream(exchanges);
  return { ...whole, cursor, frames: whole.frames.slice(from) };
}

export function wholeStream(exchanges: readonly Exchange[]): Exchange {
  const last = exchanges.at(-1);
  if (last === undefined) throw new Error('There is no exchange to make another one of.');
  const frames = numberedFrames(exchanges.flatMap((one) => one.frames));
  const each = new Map(frames.map((frame) => [frame.sequence, frame]));
  const all = [...each.values()].sort((left, right) => left.sequence - right.sequence);
  return {
    ...last,
    way: 'get',
    status: 200,
    run: all[0]?.run,
    cursor: 0,
    frames: [...all, { type: 'done' }],
    closedBy: 'service',
  };
}

function shuffled(exchange: Exchange): Exchange {
  const [one, two, three, ...others] = exchange.frames;
  const swapped = [two, one, three].flatMap((frame) => frame ?? []);
  return { ...exchange, frames: [...swapped, ...others] };
}

function anotherRun(exchanges: readonly Exchange[]): Exchange {
  const { frames, ...whole } = wholeStream(exchanges);
  return { ...whole, way: 'post', replayed: true, run: 'another', frames: renumbered('another', frames) };
}

/** Error, token, ending. */
function rank({ type }: WireFrame): number {
  return ['error', 'token', 'end', 'done'].indexOf(type);
}

/** With the run of the first ones. */
export function renumberedAs(those: Frames, frames: Frames): Frames {
  return renumbered(numberedFrames(those)[0]?.run ?? '', frames);
}

function changeSent(index: number, changes: Partial<SentMessage>): NonNullable<Bug['history']> {
  return (history) => ({
    ...history,
    sent: history.sent.map((one, position) => (position === index ? { ...one, ...changes } : one)),
  });
}

function endSteadyReplica(changes: Partial<ReplicaLife>): NonNullable<Bug['history']> {
  return (history) => ({
    ...history,
    lives: history.lives.map((one) => (one.replica === 'steady' ? { ...one, ...changes, to: one.from + 1 } : one)),
  });
}
