import { hasMoreCharacters } from './cut-text.js';
import { UnfitFields } from './field-problem.js';
import type { SessionChange } from './session-change.js';
import type { SessionHead } from './session-head.js';
import { utf8Length } from './token-chunk.js';

/** What others note of a session, by their own names for it. */
export type Metadata = Readonly<Record<string, MetadataValue>>;
export type MetadataValue = string | number | boolean;

/** What somebody writes on a session. What is undefined stays as it is. */
export interface Labels {
  readonly title?: string | undefined;
  /** Null takes a name away; names that are not here stay. */
  readonly metadata?: Readonly<Record<string, MetadataValue | null>> | undefined;
}

export function isMetadataValue(value: unknown): value is MetadataValue {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

export const METADATA_KEY = /^[A-Za-z0-9_.-]{1,64}$/;
export const NO_METADATA: Metadata = {};

const TITLE_CHARACTERS = 200;
const MOST_KEYS = 32;
/** Of a title, and of all metadata as JSON. */
const MOST_BYTES = 8 * 1024;

/** The metadata that a session would have are too many, or too large. */
export class TooMuchMetadata extends UnfitFields {
  constructor(message: string) {
    super([{ path: ['metadata'], message }]);
  }
}

/** What is wrong with a title; undefined where nothing is. */
export function titleProblem(title: string): string | undefined {
  if (utf8Length(title) > MOST_BYTES) return `must take at most ${MOST_BYTES} bytes`;
  return hasMoreCharacters(title, TITLE_CHARACTERS) ? `must be 1 to ${TITLE_CHARACTERS} characters` : undefined;
}

/** All of it or nothing; it is no use of the session. Throws TooMuchMetadata. */
export function labelled(head: SessionHead, { title, metadata }: Labels): SessionChange {
  const named = title === undefined ? head : { ...head, title };
  return { head: metadata === undefined ? named : { ...named, metadata: metadataWith(head.metadata, metadata) } };
}

/** By entries, since `__proto__` is a name like any other. Throws TooMuchMetadata. */
export function metadataWith(before: Metadata = NO_METADATA, given: NonNullable<Labels['metadata']>): Metadata {
  const entries = new Map<string, MetadataValue | null>([...Object.entries(before), ...Object.entries(given)]);
  const kept = [...entries].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  if (kept.length > MOST_KEYS) throw new TooMuchMetadata(`must be at most ${MOST_KEYS} keys with those that are there`);
  const metadata = Object.fromEntries(kept);
  if (utf8Length(JSON.stringify(metadata)) > MOST_BYTES)
    throw new TooMuchMetadata(`must take at most ${MOST_BYTES} bytes with what is there`);
  return metadata;
}
