import type { Door, Exchange, WireFrame } from './history.js';
import { addExchange, type Bug, changeLast, renumberedAs, wholeStream } from './simulated-bugs.js';

type Frames = readonly WireFrame[];

/** Mistakes at the other doors. They number no tokens, so a reader counts what it gets: behind one that is lost or told
 *  twice, each is another one. */
export const DOOR_BUGS: readonly Bug[] = [
  at(
    'completions',
    'a door loses a token',
    'different text for one event',
    counted((frames) => frames.toSpliced(1, 1)),
  ),
  at(
    'responses',
    'a door tells a token twice',
    'seen but not journalled',
    counted((frames) => [...frames.slice(0, 2), ...frames.slice(1)]),
  ),
  at(
    'ai-sdk',
    'a door leaves out the last token',
    'end seen too early',
    counted((frames) => frames.toSpliced(-3, 1)),
  ),
  at('completions', 'two doors tell one token otherwise', 'different text for one event', changeLast(otherwise)),
  {
    ...at(
      'responses',
      'a door tells a stopped answer as a whole one',
      'different text for one event',
      changeLast(well),
    ),
    fate: 'cancelled',
  },
  at(
    'completions',
    'a door tells its ending twice',
    'two endings',
    changeLast((frames) => [...frames, ...frames.slice(-2)]),
  ),
  at(
    'ai-sdk',
    'a door goes on behind its ending',
    'event after the ending',
    changeLast((frames) => [...frames, ...frames.slice(0, 1)]),
  ),
  at(
    'responses',
    'a door closes a stream without its ending',
    'cut off without cause',
    changeLast((frames) => frames.slice(0, -2)),
  ),
  at(
    'ai-sdk',
    'a door says that all was told, and the ending was not',
    'done without ending',
    changeLast((frames) => frames.toSpliced(-2, 1)),
  ),
  at('responses', 'a door goes on behind another event than it was asked to', 'gap', (exchanges) => [
    ...exchanges,
    { ...wholeStream(exchanges), way: 'response', cursor: 1, frames: wholeStream(exchanges).frames.slice(2) },
  ]),
  at('ai-sdk', 'the latest answer is not told to the page that names it', 'told there is no more', (exchanges) => [
    ...exchanges,
    { ...wholeStream(exchanges), way: 'reconnect', status: 204, run: undefined, frames: [] },
  ]),
  at('completions', 'a door does not know the key that it was told', 'two runs for one key', (exchanges) => [
    ...exchanges,
    { ...wholeStream(exchanges), way: 'post', replayed: true, run: 'another', frames: [], closedBy: 'client' },
  ]),
  at(
    'responses',
    'a door takes a repeat for a new message',
    'accepted twice',
    addExchange({ way: 'post', replayed: false }),
  ),
  at(
    'responses',
    'a door refuses a number that it has told',
    'cursor refused',
    addExchange({ way: 'response', status: 404, code: 'run_not_found', run: undefined, cursor: 3, frames: [] }),
  ),
];

function at(door: Door, name: string, breaks: Bug['breaks'], exchanges: NonNullable<Bug['exchanges']>): Bug {
  return { name: `${name} (${door})`, breaks, fate: 'whole', door, exchanges };
}

/** One stream more, as a reader counts it. */
function counted(change: (frames: Frames) => Frames): (exchanges: readonly Exchange[]) => readonly Exchange[] {
  return changeLast((frames) => renumberedAs(frames, change(frames)));
}

function otherwise(frames: Frames): Frames {
  return frames.map((one) => (one.type === 'token' ? { ...one, text: 'other ' } : one));
}

function well(frames: Frames): Frames {
  return frames.map((one) => (one.type === 'end' ? { ...one, finishReason: 'stop' } : one));
}
