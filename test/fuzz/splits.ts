import { readdir, readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { SseDecoder, type SseMessage } from '../../src/adapters/outbound/llm/openai-wire/sse-decoder.js';
import type { Chance } from '../chaos/chance.js';
import { cutAt } from '../support/cuts.js';
import { anEventStream } from '../support/event-streams.js';

export interface SplitStream {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface WrongSplit {
  readonly name: string;
  readonly positions: readonly number[];
}

const RECORDED = 'test/fixtures/openai-wire';
const GENERATED = 1000;
const MOST_CUTS = 12;
const TOLD_EVERY = 100_000;

/** The recorded streams, and as many again and again by the grammar. */
export async function splitStreams(seed: number): Promise<readonly SplitStream[]> {
  const names = (await readdir(RECORDED)).filter((name) => name.endsWith('.sse')).sort();
  const recorded = names.map(async (name) => ({ name, bytes: await readFile(`${RECORDED}/${name}`) }));
  const generated = fc.sample(anEventStream, { seed, numRuns: GENERATED });
  return [...(await Promise.all(recorded)), ...generated.map(({ bytes }, index) => ({ name: `${index}`, bytes }))];
}

/** Cuts these streams so many times at random, and returns the cuts that changed what the decoder makes of them. */
export function wrongSplits(
  streams: readonly SplitStream[],
  count: number,
  chance: Chance,
  tell: (line: string) => void,
): readonly WrongSplit[] {
  const wanted = streams.map(({ bytes }) => decode([bytes]));
  const wrong: WrongSplit[] = [];
  for (let done = 0; done < count; done += 1) {
    if (done > 0 && done % TOLD_EVERY === 0) tell(`${done} of ${count} splits`);
    const index = chance.between(0, streams.length - 1);
    const { name, bytes } = streams[index] ?? { name: '', bytes: new Uint8Array() };
    const positions = Array.from({ length: chance.between(1, MOST_CUTS) }, () => chance.between(0, bytes.length));
    if (!isSame(decode(cutAt(bytes, positions)), wanted[index] ?? [])) wrong.push({ name, positions });
  }
  return wrong;
}

function decode(pieces: readonly Uint8Array[]): readonly SseMessage[] {
  const decoder = new SseDecoder();
  const messages: SseMessage[] = [];
  for (const piece of pieces) messages.push(...decoder.decode(piece));
  const cutOff = decoder.end();
  return cutOff === undefined ? messages : [...messages, cutOff];
}

function isSame(some: readonly SseMessage[], others: readonly SseMessage[]): boolean {
  if (some.length !== others.length) return false;
  return some.every(({ event, data }, index) => data === others[index]?.data && event === others[index]?.event);
}
