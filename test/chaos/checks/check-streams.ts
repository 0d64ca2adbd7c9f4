import { type Facts, nameOf } from '../facts.js';
import type { Exchange, NumberedFrame, WireFrame } from '../history.js';
import type { Rule, Violation } from '../violation.js';

/** Every stream, by itself: begins behind its cursor, goes on by ones, has one ending, then `[DONE]`, then nothing. */
export function checkStreams({ history }: Facts): readonly Violation[] {
  return history.exchanges.flatMap((exchange) => {
    const about = nameOf(exchange);
    return brokenRules(exchange).map(({ rule, detail }) => ({ rule, about, detail }));
  });
}

type Broken = Pick<Violation, 'rule' | 'detail'>;

/** What has come so far. */
interface Place {
  readonly run: string | undefined;
  readonly last: number;
  readonly ended: boolean;
  readonly done: boolean;
}

function brokenRules({ run, cursor, frames }: Exchange): readonly Broken[] {
  const broken: Broken[] = [];
  let place: Place = { run, last: cursor, ended: false, done: false };
  for (const frame of frames) {
    const rule = ruleBrokenBy(frame, place);
    if (rule !== undefined) broken.push({ rule, detail: `${JSON.stringify(frame)} behind number ${place.last}` });
    place = behind(place, frame);
  }
  return broken;
}

function ruleBrokenBy(frame: WireFrame, place: Place): Rule | undefined {
  if (frame.type === 'unreadable') return 'unreadable frame';
  if (frame.type === 'end' && place.ended) return 'two endings';
  if (place.done || (place.ended && frame.type !== 'done')) return 'event after the ending';
  if (frame.type === 'done') return place.ended ? undefined : 'done without ending';
  return numberingBrokenBy(frame, place);
}

function numberingBrokenBy({ run, sequence }: NumberedFrame, place: Place): Rule | undefined {
  if (run !== place.run) return "another run's event";
  if (sequence === place.last + 1) return undefined;
  if (sequence > place.last) return 'gap';
  return sequence === place.last ? 'repeated event' : 'wrong order';
}

function behind(place: Place, frame: WireFrame): Place {
  if (frame.type === 'unreadable') return place;
  if (frame.type === 'done') return { ...place, done: true };
  return { ...place, last: frame.sequence, ended: place.ended || frame.type === 'end' };
}
