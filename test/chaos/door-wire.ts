import type { HttpCall } from '../support/http-client.js';
import type { Chance } from './chance.js';
import type { Way } from './history.js';
import type { StreamRequest } from './stream-reading.js';

/** How far a client has come with a message. */
export interface Progress {
  /** Undefined until it knows that the message was accepted. */
  readonly run: string | undefined;
  readonly lastSequence: number;
  readonly sawEnding: boolean;
  /** The session's latest answer was another one. */
  readonly isElsewhere: boolean;
}

/** How the clients of a door say a message, and come back to its answer. */
export interface DoorWire {
  /** Whether a message may be said again by one that never heard of the first time. */
  readonly isRepeatable: boolean;
  wayBack(progress: Progress, chance: Chance): Way;
  request(way: Way, progress: Progress): DoorRequest;
  cancel(run: string): Pick<HttpCall, 'method' | 'path' | 'body'>;
}

/** But for the headers that all requests have. */
export interface DoorRequest extends StreamRequest {
  /** The number of the last event that the client says it has; 0 where it says none. */
  readonly cursor: number;
}

/** The run's own stream, behind what is known of it: there for clients of every door. */
export function runStream({ run, lastSequence: cursor }: Progress): DoorRequest {
  const headers = { 'Last-Event-ID': `${run}-${cursor}` };
  return { method: 'GET', path: `/agent/runs/${run}/stream`, headers, body: '', cursor };
}

export function runCancel(run: string) {
  return { method: 'POST', path: `/agent/runs/${run}/cancel` };
}

/** What a door is told first. */
export function posted(path: string, body: object, headers: Readonly<Record<string, string>>) {
  const all = { 'Content-Type': 'application/json', ...headers };
  return { method: 'POST', path, headers: all, body: JSON.stringify(body), cursor: 0 } as const;
}
