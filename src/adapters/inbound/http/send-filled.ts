import type { Response } from 'express';
import type { RunEvent } from '../../../domain/run-event.js';
import { jsonSlices } from './native/json-slices.js';
import type { ReadableRun } from './native/stream-run.js';
import { PiecewiseJson } from './piecewise-json.js';
import type { RequestContext } from './request-context.js';

/** What each event of a run adds to a JSON text. */
export type Filling = (event: RunEvent) => Iterable<string>;

/** The texts of a kind, one after the other, as they stand within quotes. */
export function fillingOf(type: 'text-delta' | 'reasoning-delta'): Filling {
  return (event) => (event.type === type ? jsonSlices(event.text) : []);
}

type Parts = readonly (string | Filling)[];

/** JSON with a filling where its last part first has this field, which is an empty text there. */
export function filledAt(json: Parts, field: string, filling: Filling): Parts {
  const last = String(json.at(-1));
  const mark = `"${field}":"`;
  const place = last.indexOf(mark) + mark.length;
  return [...json.slice(0, -1), last.slice(0, place), filling, last.slice(place)];
}

/** Answers with JSON, in parts. For each one that is a filling the run, which has ended, is read again, on and on as
 *  the reader takes it: a slow reader takes no room for all of a long answer. */
export async function sendFilled(
  { read }: ReadableRun,
  parts: Parts,
  response: Response,
  { clientLeft }: RequestContext,
): Promise<void> {
  const json = new PiecewiseJson(response, '');
  for (const part of parts) {
    if (typeof part === 'string') await json.add(part);
    else await read(clientLeft, (events) => addAll(json, filled(events, part)));
    if (clientLeft.aborted) return;
  }
  json.end('');
}

function* filled(events: readonly RunEvent[], filling: Filling): Generator<string> {
  for (const event of events) yield* filling(event);
}

/** Undefined where the reader has taken it all; else a promise for when it has, or is gone. */
function addAll(json: PiecewiseJson, slices: Iterator<string>): Promise<void> | undefined {
  for (let next = slices.next(); next.done !== true; next = slices.next()) {
    const taking = json.add(next.value);
    if (taking !== undefined) return taking.then(() => addAll(json, slices));
  }
  return undefined;
}
